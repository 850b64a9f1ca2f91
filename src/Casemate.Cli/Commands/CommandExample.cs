namespace Casemate.Cli.Commands;

/// <summary>An example at the end of a command's help.</summary>
/// <param name="Purpose">What it does, in a few words.</param>
/// <param name="CommandLine">What to type.</param>
internal sealed record CommandExample(string Purpose, string CommandLine);
