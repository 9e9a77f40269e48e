# cmake -C config/presets/coverage.cmake -B build/coverage -G Ninja
set(CMAKE_C_COMPILER gcc CACHE STRING "")
set(CMAKE_BUILD_TYPE Debug CACHE STRING "")
set(CMAKE_C_FLAGS "--coverage" CACHE STRING "")
