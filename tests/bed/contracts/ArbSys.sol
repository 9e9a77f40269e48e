// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// An emulation, for tests, of Nitro's precompile at 0x64: on a real rollup that is node code. The send tree, the events
/// and what a call gives back are Nitro's; the value that is sent away stays here, where Nitro burns it.
///
/// Source of what is emulated: nitro, precompiles/ArbSys.go and arbos/merkleAccumulator. Its code is put into place with
/// anvil_setCode, so nothing is set up by a constructor.
contract ArbSys {
    event L2ToL1Tx(
        address caller,
        address indexed destination,
        uint256 indexed hash,
        uint256 indexed position,
        uint256 arbBlockNum,
        uint256 ethBlockNum,
        uint256 timestamp,
        uint256 callvalue,
        bytes data
    );
    event SendMerkleUpdate(uint256 indexed reserved, bytes32 indexed hash, uint256 indexed position);

    address private constant RETRYABLES = 0x000000000000000000000000000000000000006E;
    uint256 private constant ARBOS_VERSION = 32;
    uint256 private constant LEVELS = 64;

    uint64 private size;
    uint64 private l1Block;
    /// The complete subtree of each level, or zero: not zero where that bit of size is set.
    bytes32[LEVELS] private partials;

    function sendTxToL1(address destination, bytes calldata data) external payable returns (uint256) {
        return send(destination, data);
    }

    function withdrawEth(address destination) external payable returns (uint256) {
        return send(destination, msg.data[msg.data.length:]);
    }

    function send(address destination, bytes calldata data) private returns (uint256 leaf) {
        bytes32 item = keccak256(
            abi.encodePacked(msg.sender, destination, block.number, uint256(l1Block), block.timestamp, msg.value, data)
        );
        leaf = append(item);
        emit L2ToL1Tx(
            msg.sender, destination, uint256(item), leaf, block.number, l1Block, block.timestamp, msg.value, data
        );
    }

    /// A SendMerkleUpdate for each subtree that the leaf completes, the leaf itself left out.
    function append(bytes32 item) private returns (uint256 leaf) {
        leaf = size++;
        bytes32 node = keccak256(abi.encodePacked(item));
        uint256 level = 0;
        while (partials[level] != 0) {
            node = keccak256(abi.encodePacked(partials[level], node));
            partials[level] = 0;
            level++;
            emit SendMerkleUpdate(0, node, (level << 192) | leaf);
        }
        partials[level] = node;
    }

    /// As Nitro has it, for a call by the zero address only.
    function sendMerkleTreeState() external view returns (uint256, bytes32, bytes32[] memory) {
        if (msg.sender != address(0)) {
            revert();
        }
        bytes32[] memory found = new bytes32[](depth());
        for (uint256 level = 0; level < found.length; level++) {
            found[level] = partials[level];
        }
        return (size, root(), found);
    }

    /// Binary digits of size.
    function depth() private view returns (uint256 levels) {
        while (size >> levels != 0) {
            levels++;
        }
    }

    /// What is missing on the right is zero at every level, not the hash of zeros.
    function root() private view returns (bytes32 hash) {
        uint256 levels = depth();
        for (uint256 level = 0; level < levels; level++) {
            bytes32 left = partials[level];
            if (left != 0 && hash != 0) {
                hash = keccak256(abi.encodePacked(left, hash));
            } else if (left != 0) {
                hash = level + 1 == levels ? left : keccak256(abi.encodePacked(left, bytes32(0)));
            } else if (hash != 0) {
                hash = keccak256(abi.encodePacked(hash, bytes32(0)));
            }
        }
    }

    function arbBlockNumber() external view returns (uint256) {
        return block.number;
    }

    function arbChainID() external view returns (uint256) {
        return block.chainid;
    }

    function arbOSVersion() external pure returns (uint256) {
        return 55 + ARBOS_VERSION; // Nitro began at 56
    }

    // ---- the bed's own; no such functions on a real rollup

    /// What the header of a block says of this contract's state, for the proxy that writes it there.
    function headerState() external view returns (bytes32 sendRoot, uint256 sendCount, uint256 l1BlockNumber, uint256 arbOS) {
        return (root(), size, l1Block, ARBOS_VERSION);
    }

    function setL1BlockNumber(uint64 number) external {
        require(msg.sender == RETRYABLES, "only through startBlock");
        if (number > l1Block) {
            l1Block = number;
        }
    }
}
