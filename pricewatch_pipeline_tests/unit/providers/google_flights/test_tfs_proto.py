"""The compiled description of a search is that of tfs.proto."""

import subprocess
import sys
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

from pricewatch_pipeline.providers.google_flights import tfs_pb2

ROOT = Path(__file__).parents[4]


def test_the_compiled_module_is_what_the_proto_says(tmp_path: Path) -> None:
    """`make proto` brings them together again."""
    output = tmp_path / "tfs.bin"
    proto = "pricewatch_pipeline/providers/google_flights/tfs.proto"
    subprocess.run(
        [sys.executable, "-m", "grpc_tools.protoc", f"-I{ROOT}", f"--descriptor_set_out={output}", str(ROOT / proto)],
        check=True,
    )
    compiled = FileDescriptorProto()
    tfs_pb2.DESCRIPTOR.CopyToProto(compiled)
    (described,) = FileDescriptorSet.FromString(output.read_bytes()).file
    for file in (compiled, described):
        for message in file.message_type:
            for field in message.field:
                field.ClearField("json_name")  # which of the two gives it is the compiler's choice
    assert compiled == described
