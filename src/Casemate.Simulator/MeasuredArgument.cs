namespace Casemate.Simulator;

/// <summary>One argument of a command, as it enters the command's measurement.</summary>
/// <param name="Text">The argument as the program receives it.</param>
/// <param name="ContentSha384">
/// SHA-384 of the content (48 bytes) when the argument names an existing regular file; null when it does not. So a changed script behind
/// an unchanged interpreter changes the measurement.
/// </param>
public sealed record MeasuredArgument(string Text, byte[]? ContentSha384 = null);
