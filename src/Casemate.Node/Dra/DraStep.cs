namespace Casemate.Node.Dra;

/// <summary>A step of making a claim ready or releasing it, after which a process may die.</summary>
internal enum DraStep
{
    /// <summary>The ledger gave the EPC.</summary>
    Reserved = 0,

    /// <summary>The CDI file is there.</summary>
    CdiWritten,

    /// <summary>The state file is there.</summary>
    StateWritten,

    /// <summary>The CDI file is gone.</summary>
    CdiRemoved,

    /// <summary>The state file is gone.</summary>
    StateRemoved,
}
