using System.Buffers.Binary;

namespace Casemate.Quoting.Sgx;

/// <summary>
/// <c>struct sgx_enclave_run</c>: which thread is entered, and how the call ended. No handler is named, so that every way out of the enclave
/// ends the call. Source: Linux, <c>arch/x86/include/uapi/asm/sgx.h</c>.
/// </summary>
internal static class EnclaveRun
{
    /// <summary>Bytes of the structure; what is not named here must be zero.</summary>
    public const int Size = 256;

    /// <summary>The leaf EENTER of ENCLU.</summary>
    public const uint Enter = 2;

    /// <summary>The leaf EEXIT of ENCLU: the enclave left by itself.</summary>
    public const uint Exit = 4;

    /// <summary>Names the thread.</summary>
    /// <param name="run">256 bytes, all zero.</param>
    /// <param name="tcs">Address of its thread control structure.</param>
    public static void WriteThread(Span<byte> run, nuint tcs) => BinaryPrimitives.WriteUInt64LittleEndian(run, tcs);

    /// <summary>The last leaf of ENCLU that was seen.</summary>
    public static uint Function(ReadOnlySpan<byte> run) => BinaryPrimitives.ReadUInt32LittleEndian(run[8..]);

    /// <summary>The vector of the exception that ended the call, such as 13 for #GP; counts where <see cref="Function"/> is not EEXIT.</summary>
    public static ushort Vector(ReadOnlySpan<byte> run) => BinaryPrimitives.ReadUInt16LittleEndian(run[12..]);

    /// <summary>The exception's error code.</summary>
    public static ushort ErrorCode(ReadOnlySpan<byte> run) => BinaryPrimitives.ReadUInt16LittleEndian(run[14..]);
}
