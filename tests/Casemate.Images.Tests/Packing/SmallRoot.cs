using System.Buffers.Binary;
using Casemate.Images.Packing;
using Casemate.Images.Tests.Closure;
using Casemate.Measurement.Enclave;
using Casemate.Testing.Enclaves;

namespace Casemate.Images.Tests.Packing;

/// <summary>A root with a static program and, where a test wants them, enclaves.</summary>
internal static class SmallRoot
{
    public const string Program = "/app/host";
    public static readonly DateTimeOffset Noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    public static MemoryRoot Make() => new MemoryRoot().With(Program, StaticProgram())
        .With("/usr/lib/os-release", "NAME=\"X\"\nID=debian\n");

    public static PackOptions Options(params string[] enclaves) => new()
    {
        Program = Program,
        Enclaves = [.. enclaves],
        ToolVersion = "1.2.3",
    };

    public static PackPlan Plan(MemoryRoot root, PackOptions options) => PackPlanner.Plan(root, options, Noon);

    public static byte[] OpenEnclave(ulong flags = 4) => Sign(new OpenEnclaveSample { Flags = flags }.ToBytes());

    public static byte[] Sign(byte[] enclave)
    {
        using var key = EnclaveSigningKey.FromPem(TestEnclaveKey.Pem, needsPrivate: true);
        return EnclaveSigning.Prepare(enclave, new DateOnly(2026, 1, 2)).Sign(key);
    }

    /// <summary>64 bytes of ELF header and one loaded segment: nothing that a closure looks for is missing.</summary>
    private static byte[] StaticProgram()
    {
        var bytes = new byte[64 + 56];
        "\u007fELF\u0002\u0001\u0001"u8.CopyTo(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(16), 2);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(18), 62);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(20), 1);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(24), 0x400078);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(32), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(52), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(54), 56);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(56), 1);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(58), 64);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(64), 1);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(68), 5);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(80), 0x400000);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(88), 0x400000);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(96), (ulong)bytes.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(104), (ulong)bytes.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(112), 0x1000);
        return bytes;
    }
}
