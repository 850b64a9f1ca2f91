namespace Casemate.Cli.Verify;

/// <summary>What a command line wants of evidence, with the collateral that it names held open.</summary>
/// <param name="request">What is asked.</param>
/// <param name="collateral">The collateral; goes with this.</param>
/// <param name="roots">The accepted roots, for people.</param>
internal sealed class Judgement(VerificationRequest request, NamedCollateral collateral, string roots) : IAsyncDisposable
{
    /// <summary>What is asked of every piece of evidence.</summary>
    public VerificationRequest Request => request;

    /// <summary>The accepted roots, for people.</summary>
    public string Roots => roots;

    public ValueTask DisposeAsync() => collateral.DisposeAsync();
}
