// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ArbSys} from "./ArbSys.sol";
import {Rlp} from "./Rlp.sol";

/// Holds bytes as code, which is cheap to read. A zero stands in front, so that it does nothing when called.
contract Blob {
    constructor(bytes memory data) {
        bytes memory code = bytes.concat(hex"00", data);
        assembly {
            return(add(code, 32), mload(code))
        }
    }
}

/// Moves its value to an account without running that account's code.
contract Payment {
    constructor(address to) payable {
        selfdestruct(payable(to));
    }
}

/// The code that the bed puts where a ticket's sender is, so that calls can come from there. For everyone else that
/// account is as empty as it is on a real rollup.
contract TicketSender {
    fallback() external payable {
        if (msg.sender != 0x000000000000000000000000000000000000006E) {
            return;
        }
        uint64 allowed = uint64(bytes8(msg.data[:8]));
        address to = address(bytes20(msg.data[8:28]));
        bytes memory data = msg.data[28:];
        bool good;
        assembly {
            switch to
            case 0 { good := gt(create(callvalue(), add(data, 32), mload(data)), 0) }
            default { good := call(allowed, to, callvalue(), add(data, 32), mload(data), 0, 0) }
            if iszero(good) { revert(0, 0) }
        }
    }
}

/// An emulation, for tests, of Nitro's precompile at 0x6E and of the transactions that a Nitro node makes from the
/// inbox: on a real rollup both are node code.
///
/// The bed's sequencer delivers each message of the inbox with a transaction of its own. A retry runs inside the call
/// that schedules it, where Nitro runs it right after that transaction. The events Opened and Closed stand around what
/// is a transaction of its own on Nitro; the proxy nitro_headers makes transactions of them, and shows neither these
/// events nor the sequencer's transactions. What a user's account sees of it: tx.origin in a retry is the redeemer, a
/// redeem that reverts later takes its retry with it, and unused gas of a redeem is not paid back.
///
/// Source of what is emulated: nitro, precompiles/ArbRetryableTx.go, arbos/retryables, arbos/tx_processor.go; its
/// go-ethereum, core/types/arb_types.go. Its code is put into place with anvil_setCode: no constructor.
contract ArbRetryableTx {
    event TicketCreated(bytes32 indexed ticketId);
    event LifetimeExtended(bytes32 indexed ticketId, uint256 newTimeout);
    event RedeemScheduled(
        bytes32 indexed ticketId,
        bytes32 indexed retryTxHash,
        uint64 indexed sequenceNum,
        uint64 donatedGas,
        address gasDonor,
        uint256 maxRefund,
        uint256 submissionFeeRefund
    );
    event Canceled(bytes32 indexed ticketId);

    error NoTicketWithID();
    error NotCallable();

    /// raw: the transaction as Nitro has it, its type in front; all logs up to its Closed are its own.
    event Opened(bytes raw);
    event Closed(bool success, uint256 gasUsed);

    ArbSys private constant ARB_SYS = ArbSys(0x0000000000000000000000000000000000000064);
    address private constant SEQUENCER = 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266;
    uint256 private constant TX_GAS = 21000;
    /// For what is to do before and after a retry.
    uint256 private constant RESERVE_GAS = 90000;
    /// A retry gets no more than a block has room for, whatever its ticket says.
    uint256 private constant GAS_MOST = 20000000;

    struct Ticket {
        address from;
        uint64 timeout; // seconds; 0: there is none
        uint32 tries;
        address to; // 0 creates a contract
        address beneficiary;
        uint256 value;
        address data; // a Blob
    }

    /// A message of kind 9, in the inbox's own order.
    struct Submission {
        address to;
        uint256 value;
        uint256 deposit;
        uint256 maxFee;
        address feeRefund;
        address beneficiary;
        uint256 gasLimit;
        uint256 gasPrice;
        bytes data;
    }

    mapping(bytes32 => Ticket) private tickets;
    bytes32[] private ids; // and of some tickets that are gone
    uint256 private next; // of them to be looked at
    uint64 private lifetime; // 0: the default
    /// Messages of the inbox below this number were delivered, or are none that make a transaction.
    uint256 public nextMessage;
    bytes32 private transient current;
    address private transient redeemer;

    // ---- Nitro's interface

    function redeem(bytes32 id) external returns (bytes32) {
        Ticket storage ticket = open(id);
        if (id == current) {
            revert();
        }
        uint256 kept = reserve(ticket.data.code.length);
        if (gasleft() < kept + 2 * TX_GAS) {
            revert();
        }
        uint64 gas = uint64((gasleft() - kept) / 64 * 62);
        (bytes32 hash,, uint256 used) = retry(id, gas, msg.sender, type(uint256).max, 0);
        // On Nitro the whole call's gas is gone once it is donated, whatever the retry leaves of it.
        try this.burn{gas: gas - used}() {} catch {}
        return hash;
    }

    function getLifetime() external view returns (uint256) {
        return lifetimeNow();
    }

    function getTimeout(bytes32 id) external view returns (uint256) {
        return open(id).timeout;
    }

    function getBeneficiary(bytes32 id) external view returns (address) {
        return open(id).beneficiary;
    }

    function getCurrentRedeemer() external view returns (address) {
        return redeemer;
    }

    function keepalive(bytes32 id) external returns (uint256) {
        Ticket storage ticket = open(id);
        if (ticket.timeout > block.timestamp + lifetimeNow()) {
            revert();
        }
        ticket.timeout += lifetimeNow();
        emit LifetimeExtended(id, ticket.timeout);
        return ticket.timeout;
    }

    function cancel(bytes32 id) external {
        if (msg.sender != open(id).beneficiary || id == current) {
            revert();
        }
        close(id, true);
        emit Canceled(id);
    }

    function submitRetryable(
        bytes32,
        uint256,
        uint256,
        uint256,
        uint256,
        uint64,
        uint256,
        address,
        address,
        address,
        bytes calldata
    ) external pure {
        revert NotCallable();
    }

    // ---- the bed's own; no such functions on a real rollup

    modifier onlySequencer() {
        require(msg.sender == SEQUENCER, "only the bed's sequencer");
        _;
    }

    function setLifetime(uint64 s) external onlySequencer {
        lifetime = s;
    }

    /// What Nitro's internal transaction does at the beginning of each block.
    function startBlock(uint64 l1BlockNumber) external onlySequencer {
        bytes memory call = abi.encodeWithSignature(
            "startBlock(uint256,uint64,uint64,uint64)", block.basefee, l1BlockNumber, uint64(block.number), uint64(0)
        );
        emit Opened(bytes.concat(hex"6a", Rlp.list(bytes.concat(Rlp.item(block.chainid), Rlp.item(call)))));
        ARB_SYS.setL1BlockNumber(l1BlockNumber);
        reap();
        emit Closed(true, 0);
    }

    /// A message of the inbox: number, sender and base fee as the bridge emits them, data as the inbox does. The value
    /// is what the message deposits.
    function deliver(uint8 kind, uint256 number, address sender, uint256 baseFee, bytes calldata data)
        external
        payable
        onlySequencer
    {
        require(number >= nextMessage, "delivered before");
        nextMessage = number + 1;
        if (kind == 9) {
            require(sender.codehash == keccak256(type(TicketSender).runtimeCode), "the sender lacks its code");
            submit(number, sender, baseFee, parse(data));
        } else {
            require(kind == 12 && data.length == 52, "no such message");
            address to = address(bytes20(data[:20]));
            require(msg.value == uint256(bytes32(data[20:])), "the value is not the deposit");
            emit Opened(depositTransaction(block.chainid, number, sender, to, msg.value));
            pay(to, msg.value);
            emit Closed(true, 0);
        }
    }

    /// The id of the ticket that such a message makes.
    function ticketId(uint256 chainId, uint256 number, address sender, uint256 baseFee, bytes calldata data)
        external
        pure
        returns (bytes32)
    {
        return keccak256(submissionTransaction(chainId, number, sender, baseFee, parse(data)));
    }

    function depositHash(uint256 chainId, uint256 number, address sender, address to, uint256 value)
        external
        pure
        returns (bytes32)
    {
        return keccak256(depositTransaction(chainId, number, sender, to, value));
    }

    function burn() external pure {
        assembly {
            invalid()
        }
    }

    // ---- tickets

    function lifetimeNow() private view returns (uint64) {
        return lifetime == 0 ? 7 days : lifetime;
    }

    function open(bytes32 id) private view returns (Ticket storage ticket) {
        ticket = tickets[id];
        if (ticket.timeout == 0 || ticket.timeout < block.timestamp) {
            revert NoTicketWithID();
        }
    }

    function close(bytes32 id, bool refund) private {
        Ticket storage ticket = tickets[id];
        if (refund) {
            pay(ticket.beneficiary, ticket.value);
        }
        delete tickets[id];
    }

    /// Deletes tickets that have expired, which no event tells of. It looks at a few, in turn.
    function reap() private {
        for (uint256 looks = 0; looks < 8 && ids.length > 0; looks++) {
            if (next >= ids.length) {
                next = 0;
            }
            uint64 timeout = tickets[ids[next]].timeout;
            if (timeout >= block.timestamp) {
                next++;
                continue;
            }
            if (timeout != 0) {
                close(ids[next], true);
            }
            ids[next] = ids[ids.length - 1];
            ids.pop();
        }
    }

    function pay(address to, uint256 value) private {
        if (value != 0) {
            new Payment{value: value}(to);
        }
    }

    function parse(bytes calldata data) private pure returns (Submission memory s) {
        uint256[9] memory words = abi.decode(data, (uint256[9]));
        require(data.length == 288 + words[8], "malformed message");
        s.to = address(uint160(words[0]));
        s.value = words[1];
        s.deposit = words[2];
        s.maxFee = words[3];
        s.feeRefund = address(uint160(words[4]));
        s.beneficiary = address(uint160(words[5]));
        s.gasLimit = words[6];
        s.gasPrice = words[7];
        s.data = data[288:];
    }

    /// Fees are simpler than Nitro's: what the deposit does not cover makes no ticket, whatever else the sender has.
    function submit(uint256 number, address sender, uint256 baseFee, Submission memory s) private {
        require(msg.value == s.deposit, "the value is not the deposit");
        bytes memory raw = submissionTransaction(block.chainid, number, sender, baseFee, s);
        emit Opened(raw);
        uint256 fee = baseFee * (1400 + 6 * s.data.length);
        if (s.maxFee < fee || s.deposit < s.maxFee + s.value) {
            pay(sender, s.deposit);
            emit Closed(false, 0);
            return;
        }
        bytes32 id = keccak256(raw);
        tickets[id] = Ticket({
            from: sender,
            timeout: uint64(block.timestamp) + lifetimeNow(),
            tries: 0,
            to: s.to,
            beneficiary: s.beneficiary,
            value: s.value,
            data: address(new Blob(s.data))
        });
        ids.push(id);
        emit TicketCreated(id);

        uint256 rest = s.deposit - s.maxFee - s.value;
        uint256 refund = s.maxFee - fee + rest;
        uint256 gasUsed = 0;
        if (s.gasLimit >= TX_GAS && s.gasPrice >= block.basefee && rest / s.gasLimit >= s.gasPrice) {
            uint256 ahead = s.gasLimit < GAS_MOST ? s.gasLimit : GAS_MOST;
            require(gasleft() > reserve(s.data.length) + ahead * 64 / 62, "the sequencer gave too little gas");
            uint256 cost = block.basefee * s.gasLimit;
            (, bool good, uint256 used) = retry(id, uint64(s.gasLimit), s.feeRefund, refund, fee);
            refund = refund - (cost - block.basefee * (s.gasLimit - used)) + (good ? fee : 0);
            gasUsed = s.gasLimit;
        }
        pay(s.feeRefund, refund);
        emit Closed(true, gasUsed);
    }

    function reserve(uint256 size) private pure returns (uint256) {
        return RESERVE_GAS + 40 * size;
    }

    function retry(bytes32 id, uint64 gas, address refundTo, uint256 maxRefund, uint256 feeRefund)
        private
        returns (bytes32 hash, bool good, uint256 used)
    {
        Ticket storage ticket = tickets[id];
        bytes memory data = read(ticket.data);
        uint64 nonce = ticket.tries++;
        bytes memory raw = retryTransaction(ticket, nonce, gas, data, id, refundTo, maxRefund, feeRefund);
        hash = keccak256(raw);
        emit RedeemScheduled(id, hash, nonce, gas, refundTo, maxRefund, feeRefund);
        emit Opened(raw);
        (bytes32 outer, address outerRedeemer) = (current, redeemer);
        (current, redeemer) = (id, refundTo);
        (good, used) = run(ticket, gas, data);
        (current, redeemer) = (outer, outerRedeemer);
        if (good) {
            close(id, false);
        }
        emit Closed(good, used);
    }

    function run(Ticket storage ticket, uint256 gas, bytes memory data) private returns (bool good, uint256 used) {
        used = intrinsicGas(ticket.to, data);
        if (gas < used) {
            return (false, gas);
        }
        uint256 most = gasleft() / 64 * 62 - RESERVE_GAS / 2;
        uint256 inner = gas - used < most ? gas - used : most;
        bytes memory call = abi.encodePacked(uint64(inner), ticket.to, data);
        uint256 before = gasleft();
        (good,) = ticket.from.call{value: ticket.value}(call);
        used += before - gasleft();
        used = used < gas ? used : gas;
    }

    function read(address blob) private view returns (bytes memory data) {
        data = new bytes(blob.code.length - 1);
        assembly {
            extcodecopy(blob, add(data, 32), 1, mload(data))
        }
    }

    function intrinsicGas(address to, bytes memory data) private pure returns (uint256 gas) {
        gas = to == address(0) ? TX_GAS + 32000 : TX_GAS;
        for (uint256 i = 0; i < data.length; i++) {
            gas += data[i] == 0 ? 4 : 16;
        }
    }

    // ---- transactions as Nitro encodes them

    function origin(uint256 chainId, uint256 number, address sender) private pure returns (bytes memory) {
        return bytes.concat(
            Rlp.item(chainId), Rlp.item(abi.encodePacked(number)), Rlp.item(abi.encodePacked(sender))
        );
    }

    function depositTransaction(uint256 chainId, uint256 number, address sender, address to, uint256 value)
        private
        pure
        returns (bytes memory)
    {
        bytes memory fields = bytes.concat(
            origin(chainId, number, sender), Rlp.item(abi.encodePacked(to)), Rlp.item(value)
        );
        return bytes.concat(hex"64", Rlp.list(fields));
    }

    function submissionTransaction(uint256 chainId, uint256 number, address sender, uint256 baseFee, Submission memory s)
        private
        pure
        returns (bytes memory)
    {
        bytes memory fields = bytes.concat(
            origin(chainId, number, sender),
            Rlp.item(baseFee),
            Rlp.item(s.deposit),
            Rlp.item(s.gasPrice),
            Rlp.item(s.gasLimit)
        );
        fields = bytes.concat(
            fields,
            Rlp.target(s.to),
            Rlp.item(s.value),
            Rlp.item(abi.encodePacked(s.beneficiary)),
            Rlp.item(s.maxFee),
            Rlp.item(abi.encodePacked(s.feeRefund)),
            Rlp.item(s.data)
        );
        return bytes.concat(hex"69", Rlp.list(fields));
    }

    function retryTransaction(
        Ticket storage ticket,
        uint64 nonce,
        uint64 gas,
        bytes memory data,
        bytes32 id,
        address refundTo,
        uint256 maxRefund,
        uint256 feeRefund
    ) private view returns (bytes memory) {
        bytes memory fields = bytes.concat(
            Rlp.item(block.chainid),
            Rlp.item(nonce),
            Rlp.item(abi.encodePacked(ticket.from)),
            Rlp.item(block.basefee),
            Rlp.item(gas),
            Rlp.target(ticket.to)
        );
        fields = bytes.concat(
            fields,
            Rlp.item(ticket.value),
            Rlp.item(data),
            Rlp.item(abi.encodePacked(id)),
            Rlp.item(abi.encodePacked(refundTo)),
            Rlp.item(maxRefund),
            Rlp.item(feeRefund)
        );
        return bytes.concat(hex"68", Rlp.list(fields));
    }
}
