namespace Casemate.Measurement.Enclave;

/// <summary>
/// Where the loader's fields stand in the page that begins a thread's storage (<c>struct pal_enclave_tcb</c>), in bytes; each is a
/// number of 64 bits. The defaults are those of the releases from 2023 on.
/// </summary>
public sealed record GramineThreadOffsets
{
    /// <summary>The page's own address.</summary>
    public int Self { get; init; }

    /// <summary>The value that guards the stack, before the enclave replaces it.</summary>
    public int StackCanary { get; init; } = 8;

    /// <summary>The enclave's size.</summary>
    public int EnclaveSize { get; init; } = 272;

    /// <summary>Offset of the thread's TCS.</summary>
    public int Tcs { get; init; } = 280;

    /// <summary>The upper end of the stack.</summary>
    public int InitialStack { get; init; } = 288;

    /// <summary>The lower end of the stack for signals.</summary>
    public int SignalStackLow { get; init; } = 304;

    /// <summary>The upper end of the stack for signals.</summary>
    public int SignalStackHigh { get; init; } = 312;

    /// <summary>Address of the state save areas.</summary>
    public int Ssa { get; init; } = 328;

    /// <summary>Address of the registers in the first state save area.</summary>
    public int Gpr { get; init; } = 336;

    /// <summary>Bytes of the manifest with the zero behind it.</summary>
    public int ManifestSize { get; init; } = 416;

    /// <summary>The lower end of the heap.</summary>
    public int HeapMinimum { get; init; } = 424;

    /// <summary>The upper end of the heap.</summary>
    public int HeapMaximum { get; init; } = 432;
}
