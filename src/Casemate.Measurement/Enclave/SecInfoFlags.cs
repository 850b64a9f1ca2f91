namespace Casemate.Measurement.Enclave;

/// <summary>SECINFO.FLAGS of a page: its rights and its type, as EADD measures them. Source: Intel SDM volume 3D, "SECINFO".</summary>
[Flags]
public enum SecInfoFlags : ulong
{
    /// <summary>No right and no type: nothing is loaded.</summary>
    None = 0,

    /// <summary>Readable.</summary>
    Read = 1,

    /// <summary>Writable.</summary>
    Write = 2,

    /// <summary>Executable.</summary>
    Execute = 4,

    /// <summary>Page type PT_TCS: a thread control structure.</summary>
    Tcs = 0x100,

    /// <summary>Page type PT_REG: an ordinary page.</summary>
    Regular = 0x200,
}
