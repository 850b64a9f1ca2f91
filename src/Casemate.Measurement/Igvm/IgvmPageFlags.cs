namespace Casemate.Measurement.Igvm;

/// <summary>Flags of a page. Source: microsoft/igvm, igvm_defs, IgvmPageDataFlags.</summary>
[Flags]
public enum IgvmPageFlags : uint
{
    /// <summary>A page of 4 KiB, measured with its contents.</summary>
    None = 0,

    /// <summary>A page of 2 MiB.</summary>
    Is2MiB = 1,

    /// <summary>Added without its contents.</summary>
    Unmeasured = 2,

    /// <summary>Shared with the host, not part of the measurement.</summary>
    Shared = 4,
}
