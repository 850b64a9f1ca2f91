using System.CommandLine;
using Casemate.Attestation.Policy;
using Casemate.Cli.Collateral;
using Casemate.Cli.Commands;

namespace Casemate.Cli.Verify;

/// <summary>
/// By what evidence is judged: <c>--collateral</c> with its keys and authorities, <c>--policy</c>, <c>--root</c>. The same options, and the
/// same work behind them, for every command that verifies.
/// </summary>
internal sealed class JudgementOptions
{
    private readonly Option<string[]> _collateral = new("--collateral")
    {
        Description = "Collateral: a collateral.json, a bundle, or a directory with certificates, revocation lists and signed documents, "
            + "or a certificate table; a bundle of casemate collateral export; or the address of a collateral service or PCCS (https://). "
            + "Repeatable. Default: what lies inside or beside the evidence.",
        HelpName = "FILE|DIR|URL",
    };

    private readonly Option<string> _collateralAuthorities = new("--collateral-ca")
    {
        Description = "The certificate authorities (PEM) that may vouch for a collateral service, in place of the system's.",
        HelpName = "FILE",
    };

    private readonly Option<string> _policy = new("--policy")
    {
        Description = "An appraisal policy (YAML): who and what is accepted. Without it only the evidence itself is judged.",
        HelpName = "FILE",
    };

    private readonly Option<string[]> _root = new("--root")
    {
        Description = "Accepted roots: 'production' (Intel's and AMD's, pinned) or a file of root certificates, whose acceptance says "
            + "SIMULATED. Repeatable; only what is named counts. Default: production.",
        HelpName = "production|FILE",
    };

    private readonly BundleOptions _bundles = new();

    public JudgementOptions() => _root.CompletionSources.Add(RootOptions.Production);

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_collateral);
        foreach (var option in _bundles.All)
        {
            command.Add(option);
        }

        command.Add(_collateralAuthorities);
        command.Add(_policy);
        command.Add(_root);
    }

    /// <summary>Reads what the options name.</summary>
    /// <param name="context">The running command.</param>
    /// <param name="at">The instant at which validity is judged.</param>
    /// <param name="reportData">The 64 bytes that the evidence must carry; null: as the policy says.</param>
    /// <param name="gpu">What is asked of GPUs.</param>
    /// <param name="images">Whose endorsements of guest images are trusted.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="CliException">An option makes no sense.</exception>
    /// <exception cref="Casemate.Collateral.MalformedInputException">A file that an option names cannot be read.</exception>
    public async Task<Judgement> OpenAsync(
        CommandContext context, DateTimeOffset at, byte[]? reportData, GpuPolicy gpu, GuestImagePolicy images,
        CancellationToken cancellationToken)
    {
        var arguments = context.Arguments;
        var named = arguments.GetValue(_root) ?? [];
        var roots = RootOptions.Read(named);
        var collateral = await NamedCollateral.OpenAsync(
            context, arguments.GetValue(_collateral) ?? [], _bundles, arguments.GetValue(_collateralAuthorities), roots, at,
            cancellationToken);
        try
        {
            return new Judgement(
                new VerificationRequest(
                    new CollateralShelf(collateral.Files, collateral.Sources), roots, at,
                    PolicyChoice.Read(arguments.GetValue(_policy), reportData, gpu, images), Cache: null),
                collateral, RootOptions.Describe(named));
        }
        catch
        {
            await collateral.DisposeAsync();
            throw;
        }
    }
}
