namespace Casemate.Quoting.Aesm;

/// <summary>The types that fields of AESM messages have.</summary>
internal enum AesmFieldKind
{
    /// <summary><c>bytes</c>.</summary>
    Bytes,

    /// <summary><c>uint32</c>.</summary>
    Number32,

    /// <summary><c>uint64</c>.</summary>
    Number64,

    /// <summary><c>bool</c>.</summary>
    Flag,
}
