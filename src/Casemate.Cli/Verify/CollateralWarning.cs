namespace Casemate.Cli.Verify;

/// <summary>Evidence was judged with other collateral than that of the bundle or service that the command line names.</summary>
/// <param name="Source">The bundle or service.</param>
/// <param name="Text">What was used in its place, and why: one sentence.</param>
internal sealed record CollateralWarning(string Source, string Text);
