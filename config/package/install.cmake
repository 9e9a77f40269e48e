# Run at `cmake --install` and by cpack, which alone know the prefix. Needs config and made (folders), bindir.
set(prefix ${CMAKE_INSTALL_PREFIX})
set(lib ${prefix}/lib)

# units name the program by its path
file(GLOB units ${config}/systemd/*.service ${config}/systemd/*.socket ${config}/systemd/*.timer)
foreach(unit ${units})
    get_filename_component(name ${unit} NAME)
    file(READ ${unit} text)
    string(REPLACE /usr/local/bin/causeway ${prefix}/${bindir}/causeway text "${text}")
    file(WRITE ${made}/units/${name} "${text}")
    file(INSTALL ${made}/units/${name} DESTINATION ${lib}/systemd/system)
endforeach()
file(INSTALL ${config}/package/sysusers.conf DESTINATION ${lib}/sysusers.d RENAME causeway.conf)
file(INSTALL ${config}/package/tmpfiles.conf DESTINATION ${lib}/tmpfiles.d RENAME causeway.conf)

if(prefix STREQUAL /usr)
    set(zsh vendor-completions) # Debian's packages
    file(INSTALL ${config}/package/causeway.default DESTINATION /etc/default RENAME causeway)
else()
    set(zsh site-functions)
endif()
file(INSTALL ${made}/causeway.zsh DESTINATION ${prefix}/share/zsh/${zsh} RENAME _causeway)
file(CREATE_LINK ../../causeway/examples $ENV{DESTDIR}${prefix}/share/doc/causeway/examples SYMBOLIC)
