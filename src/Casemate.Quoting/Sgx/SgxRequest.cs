using System.Buffers.Binary;
using Casemate.Measurement.Enclave;

namespace Casemate.Quoting.Sgx;

/// <summary>
/// Requests to the kernel's SGX driver, and the structures that they point to. Sources: Linux, <c>arch/x86/include/uapi/asm/sgx.h</c> and
/// <c>arch/x86/include/asm/sgx.h</c>; Intel SDM volume 3D, chapter 38 (SECS, SECINFO).
/// </summary>
internal static class SgxRequest
{
    /// <summary><c>SGX_IOC_ENCLAVE_CREATE</c>: _IOW(0xA4, 0x00, struct sgx_enclave_create), a pointer to a SECS.</summary>
    public const uint Create = 0x4008_A400;

    /// <summary><c>SGX_IOC_ENCLAVE_ADD_PAGES</c>: _IOWR(0xA4, 0x01, struct sgx_enclave_add_pages), 48 bytes.</summary>
    public const uint AddPages = 0xC030_A401;

    /// <summary><c>SGX_IOC_ENCLAVE_INIT</c>: _IOW(0xA4, 0x02, struct sgx_enclave_init), a pointer to a SIGSTRUCT.</summary>
    public const uint Initialise = 0x4008_A402;

    /// <summary>Bytes of the arguments of <see cref="Create"/> and <see cref="Initialise"/>.</summary>
    public const int PointerSize = 8;

    /// <summary>Bytes of the argument of <see cref="AddPages"/>.</summary>
    public const int AddPagesSize = 48;

    /// <summary>Bytes of a SECS.</summary>
    public const int SecsSize = 4096;

    /// <summary>Bytes of a SECINFO.</summary>
    public const int SecInfoSize = 64;

    /// <summary>XFRM of an enclave that uses x87 and SSE state alone: both must be there in every enclave.</summary>
    public const ulong LegacyState = 3;

    private const ulong Measure = 1;                                       // SGX_PAGE_MEASURE
    private const int CountOffset = 40;

    /// <summary>The argument of a request that points to one structure.</summary>
    public static void WritePointer(Span<byte> argument, nuint address) => BinaryPrimitives.WriteUInt64LittleEndian(argument, address);

    /// <summary>The SECS of an enclave in 64-bit mode that no debugger can open. What EINIT fills in stays zero.</summary>
    /// <param name="secs">4096 bytes, all zero.</param>
    /// <param name="layout">The enclave.</param>
    /// <param name="address">Where its range begins: a multiple of its size.</param>
    public static void WriteSecs(Span<byte> secs, EnclaveLayout layout, nuint address)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(secs, layout.Size);
        BinaryPrimitives.WriteUInt64LittleEndian(secs[8..], address);
        BinaryPrimitives.WriteUInt32LittleEndian(secs[16..], layout.SsaFramePages);
        BinaryPrimitives.WriteUInt64LittleEndian(secs[48..], (ulong)EnclaveFlags.Mode64Bit);
        BinaryPrimitives.WriteUInt64LittleEndian(secs[56..], LegacyState);
    }

    /// <summary>The SECINFO of pages.</summary>
    /// <param name="secInfo">64 bytes, all zero.</param>
    /// <param name="flags">Rights and type.</param>
    public static void WriteSecInfo(Span<byte> secInfo, SecInfoFlags flags) => BinaryPrimitives.WriteUInt64LittleEndian(secInfo, (ulong)flags);

    /// <summary>The argument of <see cref="AddPages"/>, measured pages.</summary>
    /// <param name="argument">48 bytes.</param>
    /// <param name="source">Where the content lies, at the start of a page.</param>
    /// <param name="offset">Where the pages go, from the enclave's base.</param>
    /// <param name="length">Bytes, whole pages.</param>
    /// <param name="secInfo">Where the SECINFO lies.</param>
    public static void WriteAddPages(Span<byte> argument, nuint source, ulong offset, ulong length, nuint secInfo)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(argument, source);
        BinaryPrimitives.WriteUInt64LittleEndian(argument[8..], offset);
        BinaryPrimitives.WriteUInt64LittleEndian(argument[16..], length);
        BinaryPrimitives.WriteUInt64LittleEndian(argument[24..], secInfo);
        BinaryPrimitives.WriteUInt64LittleEndian(argument[32..], Measure);
        BinaryPrimitives.WriteUInt64LittleEndian(argument[CountOffset..], 0);
    }

    /// <summary>How many bytes the driver added: fewer than asked for when a signal came between two pages.</summary>
    public static ulong ReadCount(ReadOnlySpan<byte> argument) => BinaryPrimitives.ReadUInt64LittleEndian(argument[CountOffset..]);
}
