namespace Casemate.Node.Discovery;

/// <summary>How reading a file of the system ended.</summary>
public enum SystemFileState
{
    /// <summary>There is no such file.</summary>
    Absent = 0,

    /// <summary>It was read.</summary>
    Read,

    /// <summary>It is there but cannot be read.</summary>
    Unreadable,
}
