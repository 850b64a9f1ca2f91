namespace Casemate.Node.Discovery;

/// <summary>What reading a file gave.</summary>
/// <param name="State">Whether there is content.</param>
/// <param name="Content">The bytes up to the limit; empty unless <see cref="SystemFileState.Read"/>.</param>
/// <param name="Cut">True when the file has more than the limit.</param>
/// <param name="Problem">Why it cannot be read, without the path; empty unless <see cref="SystemFileState.Unreadable"/>.</param>
public readonly record struct SystemFile(SystemFileState State, ReadOnlyMemory<byte> Content, bool Cut, string Problem)
{
    /// <summary>No file.</summary>
    public static readonly SystemFile Absent = new(SystemFileState.Absent, default, false, "");
}
