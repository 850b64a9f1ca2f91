using System.Security.Cryptography;
using Casemate.Measurement.Enclave;

namespace Casemate.Quoting.Sgx;

/// <summary>
/// An enclave that does one thing: it reports. Whoever enters it gets a report of it over 64 bytes of their choice, so that a report says
/// that this machine has SGX that works, and nothing about who asked. It holds no secret, and so guards none: pointers that lead into itself
/// give a caller nothing that the listing does not say.
/// </summary>
/// <remarks>
/// What is loaded is written out here, byte by byte, so that <see cref="MrEnclave"/> is one value for everybody. Structures: Intel SDM
/// volume 3D, chapters 38 (TCS, SECINFO) and 40 (EENTER, EREPORT, EEXIT).
/// </remarks>
public static class ReportEnclave
{
    /// <summary>Bytes of the address range: a power of two, as ECREATE asks.</summary>
    internal const ulong Size = 0x8000;

    /// <summary>Where the thread control structure lies, from the base.</summary>
    internal const ulong TcsOffset = 0;

    /// <summary>Where the code page lies; EENTER comes to its first byte.</summary>
    internal const ulong CodeOffset = 0x3000;

    /// <summary>Where the data page lies: the page behind the code, as the code knows.</summary>
    internal const ulong DataOffset = CodeOffset + EnclaveMeasurement.PageSize;

    /// <summary>Bytes that RDI points to at entry: TARGETINFO and report data.</summary>
    internal const int InputSize = QuotingTarget.TargetInfoSize + 64;

    private const ulong StateOffset = 0x1000;

    // The second is for an entry while the first holds an interrupted one; the code sends that away.
    private const int StateSaveAreas = 2;

    /// <summary>The pages, all measured.</summary>
    public static EnclaveLayout Layout { get; } = new(
        ssaFramePages: 1, Size,
        [
            Run("thread control structure", TcsOffset, SecInfoFlags.Tcs, ThreadControl()),
            Run("state save areas", StateOffset, SecInfoFlags.Regular | SecInfoFlags.Read | SecInfoFlags.Write,
                new byte[StateSaveAreas * EnclaveMeasurement.PageSize]),
            Run("code", CodeOffset, SecInfoFlags.Regular | SecInfoFlags.Read | SecInfoFlags.Execute, CodePage()),
            Run("data", DataOffset, SecInfoFlags.Regular | SecInfoFlags.Read | SecInfoFlags.Write, new byte[EnclaveMeasurement.PageSize]),
        ]);

    /// <summary>MRENCLAVE of these pages, 32 bytes. By nothing else is the enclave known: every run signs with a key of its own.</summary>
    public static ReadOnlyMemory<byte> MrEnclave { get; } = Layout.Measure();

    /// <summary>
    /// The code, which has no stack and calls nobody. At entry RAX is CSSA, RCX the address behind EENTER, RDI points to TARGETINFO with
    /// 64 bytes of report data behind it, RSI to room for a REPORT. It changes only what a function may change in the x86-64 psABI, with RBX,
    /// which the kernel's <c>__vdso_sgx_enter_enclave</c> restores, and leaves none of it behind.
    /// </summary>
    /// <remarks>
    /// On the data page TARGETINFO lies at 0, REPORTDATA at 512, REPORT at 1024: EREPORT wants them on multiples of 512, 128 and 512 bytes.
    /// </remarks>
    internal static ReadOnlySpan<byte> Code =>
    [
        0x49, 0x89, 0xC8,                               // 00  mov   r8, rcx              ; where EEXIT goes
        0xFC,                                           // 03  cld
        0x85, 0xC0,                                     // 04  test  eax, eax             ; CSSA: entered above an interrupted entry?
        0x75, 0x40,                                     // 06  jnz   48
        0x49, 0x89, 0xF1,                               // 08  mov   r9, rsi              ; where the report goes
        0x4C, 0x8D, 0x15, 0xEE, 0x0F, 0x00, 0x00,       // 0B  lea   r10, [rip + 0xFEE]   ; the data page: 0x12 + 0xFEE from the code's
        0x48, 0x89, 0xFE,                               // 12  mov   rsi, rdi
        0x4C, 0x89, 0xD7,                               // 15  mov   rdi, r10
        0xB9, 0x48, 0x00, 0x00, 0x00,                   // 18  mov   ecx, 72              ; 512 + 64 bytes
        0xF3, 0x48, 0xA5,                               // 1D  rep movsq
        0x4C, 0x89, 0xD3,                               // 20  mov   rbx, r10             ; TARGETINFO
        0x49, 0x8D, 0x8A, 0x00, 0x02, 0x00, 0x00,       // 23  lea   rcx, [r10 + 512]     ; REPORTDATA
        0x49, 0x8D, 0x92, 0x00, 0x04, 0x00, 0x00,       // 2A  lea   rdx, [r10 + 1024]    ; REPORT
        0x31, 0xC0,                                     // 31  xor   eax, eax             ; leaf 0
        0x0F, 0x01, 0xD7,                               // 33  enclu                      ; EREPORT
        0x49, 0x8D, 0xB2, 0x00, 0x04, 0x00, 0x00,       // 36  lea   rsi, [r10 + 1024]
        0x4C, 0x89, 0xCF,                               // 3D  mov   rdi, r9
        0xB9, 0x36, 0x00, 0x00, 0x00,                   // 40  mov   ecx, 54              ; 432 bytes
        0xF3, 0x48, 0xA5,                               // 45  rep movsq
        0x4C, 0x89, 0xC3,                               // 48  mov   rbx, r8
        0x31, 0xC9,                                     // 4B  xor   ecx, ecx
        0x31, 0xD2,                                     // 4D  xor   edx, edx
        0x31, 0xF6,                                     // 4F  xor   esi, esi
        0x31, 0xFF,                                     // 51  xor   edi, edi
        0x45, 0x31, 0xC0,                               // 53  xor   r8d, r8d
        0x45, 0x31, 0xC9,                               // 56  xor   r9d, r9d
        0x45, 0x31, 0xD2,                               // 59  xor   r10d, r10d
        0xB8, 0x04, 0x00, 0x00, 0x00,                   // 5C  mov   eax, 4               ; leaf 4
        0x0F, 0x01, 0xD7,                               // 61  enclu                      ; EEXIT
    ];

    /// <summary>Signs the enclave: 64-bit, never debuggable, x87 and SSE state alone.</summary>
    /// <param name="key">A key that <see cref="EnclaveSigningKey"/> accepts.</param>
    /// <returns>SIGSTRUCT, 1808 bytes.</returns>
    /// <exception cref="EnclaveException">The key cannot sign enclaves.</exception>
    internal static byte[] Sign(RSA key) => new SigStructBuilder
    {
        // Nobody asks when: the day says nothing, and a fixed one keeps the clock out.
        Date = new DateOnly(2026, 1, 1),
        Flags = EnclaveFlags.Mode64Bit,
        Xfrm = SgxRequest.LegacyState,
        XfrmMask = ulong.MaxValue,
    }.WithMrEnclave(MrEnclave.Span).Sign(key);

    private static EnclavePageRun Run(string name, ulong offset, SecInfoFlags flags, byte[] content) => new(
        name, offset, (ulong)(content.Length / EnclaveMeasurement.PageSize), flags, IsMeasured: true, content);

    // The code uses neither FS nor GS: their bases stay at the enclave's own. Of the limits EADD wants the low twelve bits.
    private static byte[] ThreadControl() => new TcsPage
    {
        StateSaveArea = StateOffset,
        StateSaveAreas = StateSaveAreas,
        Entry = CodeOffset,
        FsLimit = 0xFFF,
        GsLimit = 0xFFF,
    }.ToPage();

    private static byte[] CodePage()
    {
        var page = new byte[EnclaveMeasurement.PageSize];
        Code.CopyTo(page);
        return page;
    }
}
