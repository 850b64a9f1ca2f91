using System.CommandLine;
using Casemate.Cli.Commands;
using Casemate.Collateral.Bundle;

namespace Casemate.Cli.Collateral;

/// <summary>What <c>show</c> and <c>check</c> share: they look at a bundle that is named, or at the directory that is kept.</summary>
internal abstract class CollateralViewCommand : CliCommand
{
    private readonly CollateralStoreOptions _store = new();
    private readonly BundleOptions _bundles = new();

    private readonly Argument<string?> _bundle = new("BUNDLE")
    {
        Description = "A bundle to look at. Default: the directory that collateral is kept in.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    protected CollateralViewCommand(string name, string description, params IReadOnlyList<CommandExample> examples)
        : base(name, description, examples)
    {
        Add(_bundle);
        foreach (var option in _bundles.All.Concat(_store.All))
        {
            Add(option);
        }
    }

    /// <summary>Works on the pieces.</summary>
    /// <param name="context">The command.</param>
    /// <param name="bundle">The bundle that was named; null: the store.</param>
    /// <param name="pieces">Every piece, verified under the accepted roots.</param>
    protected abstract int Run(CommandContext context, CollateralBundle? bundle, IReadOnlyList<AuditedCollateral> pieces);

    protected sealed override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        if (context.Arguments.GetValue(_bundle) is not { } path)
        {
            if (_bundles.AreGiven(context.Arguments))
            {
                throw CliException.Usage("--bundle-key or --allow-unsigned-bundle without a bundle", "Name the bundle.");
            }

            return Run(context, null, await _store.ReadAsync(context, cancellationToken));
        }

        var bundle = _bundles.Read(context.Arguments, path);
        return Run(context, bundle, CollateralAudit.Verify(bundle.Entries, _store.Roots(context), context.Now));
    }
}
