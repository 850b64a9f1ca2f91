namespace Casemate.Collateral.Qcnl;

/// <summary>Something about a configuration file that its owner should know.</summary>
/// <param name="Line">The line, from 1; 0 when it is about the file as a whole.</param>
/// <param name="IsError">True when the library will not do what the file wants, or when the file gives up a protection; false for
/// advice.</param>
/// <param name="Key">The key that it is about; empty for the file as a whole.</param>
/// <param name="Message">What is wrong, and what to write instead.</param>
public sealed record QcnlFinding(int Line, bool IsError, string Key, string Message)
{
    /// <summary>Such as <c>line 3: error: use_secure_cert: …</c>.</summary>
    public override string ToString() =>
        $"{(Line > 0 ? $"line {Line}: " : "")}{(IsError ? "error" : "warning")}: {(Key.Length > 0 ? Key + ": " : "")}{Message}";
}
