"""The host driver: ``thrifty run`` on the simulated board, and on ports that misbehave."""

import contextlib
import os
import threading
import time
import tty
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from cocotb_tools.runner import get_runner

from boards import BOARDS
from boards.clock import plan
from boards.driver import Link
from boards.top import BoardTop
from gen import slip
from gen.network import Layer, Network, dump
from gen.verilog import emit
from hw import packet
from hw.errors import ThriftyError
from tests.gen.command import matrix, refused, thrifty, write_config

BOARD = replace(BOARDS["icebreaker"], baud=3_000_000)  # 4 cycles a bit: as quick as it gets
CLOCK_HZ = 12_000_000  # the oscillator's own: no PLL to simulate
W = matrix(6, 8)
X = np.random.default_rng(3).integers(-128, 128, (3, 8))


def save(path, weights, inputs, outputs):
    """Files of a matrix, input vectors and their outputs."""
    np.save(path / "w.npy", weights)
    np.save(path / "x.npy", inputs)
    np.save(path / "y.npy", outputs)


def compiled(path, source, name, pes):
    """A folder ``name`` in ``path`` with a network, placed on so many PEs."""
    config = write_config(path / f"{name}.toml", f"[sparse]\npes = {pes}\nactivation.width = 8\n")
    outcome = thrifty("compile", path / source, "--config", config, "-o", path / name)
    assert outcome.code == 0, outcome.err
    return path / name


def simulate(path, **env):
    """Put ``path/design`` on the simulated board and run the bench."""
    outcome = thrifty("generate", "-o", path / "design", "--json")
    assert outcome.code == 0, outcome.err
    (path / "top.v").write_text("`timescale 1ns / 1ps\n" + emit(
        BoardTop("tiny", BOARD, plan(BOARD, CLOCK_HZ)), "BoardTop"))
    runner = get_runner("icarus")
    runner.build(sources=[path / "top.v", path / "design" / outcome.json["verilog"]],
                 hdl_toplevel="BoardTop", build_dir=path, timescale=("1ns", "1ps"))
    results = runner.test(
        hdl_toplevel="BoardTop", test_module="tests.boards.bench_driver", build_dir=path,
        test_dir=path, results_xml=str(path / "results.xml"),
        extra_env={"FOLDER": str(path), "BAUD": str(BOARD.baud), "CLOCK_HZ": str(CLOCK_HZ), **env})
    text = results.read_text()
    assert "<testcase" in text and "<failure" not in text and "<error" not in text


def test_a_matrix_on_the_simulated_board(tmp_path):
    save(tmp_path, W, X, X @ W.T)
    compiled(tmp_path, "w.npy", "design", 2)
    compiled(tmp_path, "w.npy", "other", 1)
    simulate(tmp_path, OTHER="other")


def test_two_layers_on_the_simulated_board(tmp_path):
    rng = np.random.default_rng(4)
    last = matrix(5, 6)
    bias, multiplier, shift = rng.integers(-50, 50, 6), rng.integers(100, 200, 6), 9
    network = Network([Layer(sp.csc_array(W), bias, True, multiplier, shift),
                       Layer(sp.csc_array(last), np.arange(5))], 8, True)
    (tmp_path / "n.npz").write_bytes(dump(network))
    hidden = np.maximum(X @ W.T + bias, 0) * multiplier + (1 << shift - 1) >> shift
    assert hidden.max() > 127  # some saturate
    save(tmp_path, W, X, np.minimum(hidden, 127) @ last.T + np.arange(5))
    compiled(tmp_path, "n.npz", "design", 2)
    simulate(tmp_path)


@contextmanager
def board(answer):
    """A port whose other end answers each packet with bytes, or hangs up at None."""
    ours, theirs = os.openpty()
    tty.setraw(theirs)

    def serve():
        decoder = slip.Decoder()
        with contextlib.suppress(OSError):  # nobody has the port open any more
            while True:
                for each in decoder.feed(os.read(ours, 4096)):
                    if (data := answer(each)) is None:
                        return
                    os.write(ours, data)

    def serve_and_hang_up():
        serve()
        os.close(ours)

    server = threading.Thread(target=serve_and_hang_up)
    server.start()
    try:
        yield os.ttyname(theirs)
    finally:
        os.close(theirs)
        server.join()


def obey(data):
    """What the board would answer."""
    kind, number, payload = packet.parse(data)
    if kind == packet.Kind.IMAGE:
        return status(packet.Error.NONE, number)
    outputs = W @ np.frombuffer(payload, "i1").astype(int)
    return slip.encode(packet.build(packet.Kind.RESULT, outputs.astype("<i4").tobytes(),
                                    sequence=number))


def status(error, number):
    return slip.encode(packet.build(packet.Kind.STATUS, error.to_bytes(4, "little"),
                                    sequence=number))


def instead_of_results(damage):
    """A board that answers a vector with ``damage`` of its result."""
    return lambda data: obey(data) if data[0] == packet.Kind.IMAGE else damage(obey(data))


@pytest.fixture(scope="module")
def design(tmp_path_factory):
    path = tmp_path_factory.mktemp("design")
    save(path, W, X, X @ W.T)
    return compiled(path, "w.npy", "design", 2)


def run(design, port, *more):
    return ("run", design, "--port", port, "--inputs", design.parent / "x.npy", "--timeout", 1,
            *more)


def test_a_board_that_obeys(design):
    with board(obey) as port:
        outcome = thrifty(*run(design, port, "--timeout", 10, "--json"))
    assert outcome.code == 0, outcome.err
    assert outcome.json["mismatches"] == 0 and outcome.json["vectors"] == len(X)
    assert (np.load(design / "outputs.npy") == X @ W.T).all()


def test_a_port_that_is_none(design, tmp_path):
    ends = ": is the board connected, and is this its port?"
    for port, reason in (
            (tmp_path / "tty", "No such file or directory"),
            (tmp_path, "Is a directory"),
            (design / "image.bin",
             "Could not configure port: (25, 'Inappropriate ioctl for device')"),
            ("nonsense://", "invalid URL, protocol 'nonsense' not known")):
        assert refused(*run(design, port)) == f"{port}: cannot be opened: {reason}{ends}"


ASK = "is the board programmed with this design, and are port and baud rate right?"


@pytest.mark.parametrize("answer, message", [
    (lambda data: b"", f"PORT: no answer within 1 s: {ASK}"),
    (lambda data: b"\x12\xc0\x34\xdb\xc0",
     f"PORT: no answer within 1 s, only 2 damaged or unexpected: {ASK}"),
    (lambda data: slip.encode(data),
     f"PORT: no answer within 1 s, only 1 damaged or unexpected: {ASK}"),
    (lambda data: None, "PORT: connection lost: "),
    (lambda data: status(packet.Error.CRC, packet.parse(data)[1]),
     "PORT: the hardware refuses the image: a packet arrived damaged (CRC-32 mismatch)"),
    (lambda data: status(77, packet.parse(data)[1]),
     "PORT: the hardware refuses the image: unknown error 77"),
    (instead_of_results(lambda data: b""), f"PORT: no answer within 1 s: {ASK}"),
    (instead_of_results(lambda data: data[:9] + b"!" + data[10:]),
     "result 0 arrived damaged: CRC-32 mismatch"),
    (instead_of_results(lambda data: data[:9] + b"\xc0"),
     "result 0 arrived damaged: a packet has at least 12 bytes in whole words, not 8"),
    (instead_of_results(lambda data: status(packet.Error.NO_IMAGE, 0)),
     "vector 0: the hardware reports: no valid image is loaded"),
    (instead_of_results(lambda data: slip.encode(packet.build(packet.Kind.RESULT, bytes(20)))),
     "vector 0: unexpected answer: type 0x80, number 0, 5 elements"),
], ids=["silence", "garbage", "echo", "hang-up", "refusal", "unknown-refusal", "no-result",
        "damaged-result", "short-result", "error-for-result", "result-of-another-design"])
def test_a_board_that_misbehaves(answer, message, design):
    with board(answer) as port:
        assert refused(*run(design, port)).replace(port, "PORT").startswith(message)


def test_wrong_outputs_are_written_and_counted(design):
    def wrong(data):
        kind, number, payload = packet.parse(next(iter(slip.Decoder().feed(data))))
        return slip.encode(packet.build(kind, bytes([payload[0] ^ 1]) + payload[1:],
                                        sequence=number))

    with board(instead_of_results(wrong)) as port:
        outcome = thrifty(*run(design, port, "--json"))
    assert outcome.code == 1 and outcome.json["mismatches"] == len(X)
    assert outcome.err == f"error: {len(X)} of {len(X)} outputs differ from the golden model\n"


@contextmanager
def terminal():
    """Two ends of a pseudo-terminal: a file to read and write, and the name of a port."""
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    try:
        yield ours, os.ttyname(theirs)
    finally:
        os.close(ours)
        os.close(theirs)


def test_a_port_that_takes_nothing():
    with terminal() as (_, port), Link(port, BOARD.baud, 0.3) as link:
        with pytest.raises(ThriftyError, match="takes no data: is this the board's port"):
            link.send(bytes(100_000))


def test_a_port_that_never_rests(design):
    over = threading.Event()

    def chatter():
        while not over.wait(0.01):
            os.write(ours, b"booting\r\n")

    with terminal() as (ours, port):
        thread = threading.Thread(target=chatter)
        thread.start()
        try:
            message = refused(*run(design, port))
        finally:
            over.set()
            thread.join()
    assert message == f"{port}: sends without being asked: is this the board's port?"


def test_what_an_earlier_run_left_is_forgotten():
    with terminal() as (ours, port), Link(port, BOARD.baud, 1) as link:
        os.write(ours, slip.encode(b"old") + b"half")
        link.settle()
        os.write(ours, b"er" + slip.encode(b"new"))
        assert link.receive(3, lambda data: data != b"er") == b"new"


def test_a_slow_line_has_the_time_that_its_bits_take():
    answers = iter([b"late", b""])

    def answer(data):
        time.sleep(1)
        return slip.encode(next(answers))

    with board(answer) as port, Link(port, 9600, 0.2) as link:
        link.send(bytes(range(160)) * 6)  # 1 s of bits
        assert link.receive(4) == b"late"
        start = time.monotonic()
        link.send(bytes(960))
        with pytest.raises(ThriftyError, match=f"no answer within 0.2 s: {ASK}"):
            link.receive(4)
        assert 1.2 < time.monotonic() - start < 2.5
