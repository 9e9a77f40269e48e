// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// RLP, as far as transactions need it.
library Rlp {
    function item(uint256 value) internal pure returns (bytes memory) {
        return item(minimal(value));
    }

    /// An address that is left out when it is zero: a contract is created.
    function target(address to) internal pure returns (bytes memory) {
        return to == address(0) ? item(bytes("")) : item(abi.encodePacked(to));
    }

    function item(bytes memory value) internal pure returns (bytes memory) {
        if (value.length == 1 && uint8(value[0]) < 0x80) {
            return value;
        }
        return bytes.concat(head(0x80, value.length), value);
    }

    function list(bytes memory items) internal pure returns (bytes memory) {
        return bytes.concat(head(0xc0, items.length), items);
    }

    function head(uint256 base, uint256 length) private pure returns (bytes memory) {
        if (length < 56) {
            return abi.encodePacked(uint8(base + length));
        }
        bytes memory digits = minimal(length);
        return bytes.concat(bytes1(uint8(base + 55 + digits.length)), digits);
    }

    function minimal(uint256 value) private pure returns (bytes memory digits) {
        uint256 n = 0;
        while (n < 32 && value >> (8 * n) != 0) {
            n++;
        }
        digits = new bytes(n);
        for (uint256 i = 0; i < n; i++) {
            digits[i] = bytes1(uint8(value >> (8 * (n - 1 - i))));
        }
    }
}
