using System.CommandLine;
using Casemate.Attestation;
using Casemate.Cli.Commands;
using Casemate.Cli.Verify;
using Casemate.Collateral.Bundle;
using Casemate.Collateral.Service;
using Casemate.Collateral.Store;
using Casemate.Quoting.Simulated;

namespace Casemate.Cli.Collateral;

/// <summary>The store that the collateral commands work on, and the roots that its content must be under.</summary>
internal sealed class CollateralStoreOptions
{
    private readonly Option<string> _directory = new("--dir")
    {
        Description = "Directory that the collateral is kept in. Default: CASEMATE_COLLATERAL_DIR, else collateral in the state directory.",
        HelpName = "DIR",
    };

    private readonly Option<string[]> _root = new("--root")
    {
        Description = "Roots that collateral must be under: 'production' (Intel's and AMD's, pinned) or a file of root certificates, such "
            + "as a simulator's. Repeatable; only what is named counts. Default: production.",
        HelpName = "production|FILE",
    };

    public CollateralStoreOptions() => _root.CompletionSources.Add(RootOptions.Production);

    /// <summary>The options, to be added to a command.</summary>
    public IReadOnlyList<Option> All => [_directory, _root];

    /// <summary>The accepted roots.</summary>
    /// <exception cref="Casemate.Collateral.MalformedInputException">A file is unreadable or holds no root.</exception>
    public TrustRoots Roots(CommandContext context) => RootOptions.Read(context.Arguments.GetValue(_root) ?? []);

    /// <summary>Opens the store, and makes it if it is not there.</summary>
    /// <exception cref="CliException">It cannot be used (exit code 3).</exception>
    public DirectoryCollateralStore Open(CommandContext context)
    {
        try
        {
            return DirectoryCollateralStore.Open(DirectoryOf(context), context.Now);
        }
        catch (CollateralStoreException exception)
        {
            throw CliException.BadInput(
                exception.Message,
                exception.Remedy ?? "Look at the permissions of the directory and the space on its disk, or name another one with --dir or "
                + "CASEMATE_COLLATERAL_DIR.",
                exception);
        }
    }

    /// <summary>Makes sure that what was found is in the store as well: no command says that it kept what it did not.</summary>
    /// <exception cref="CliException">It is not (exit code 3).</exception>
    public static async Task RequireKeptAsync(
        ICollateralStore store, CollateralOutcome outcome, CancellationToken cancellationToken)
    {
        if (outcome is { Collateral: { } collateral, Problem.Length: > 0 }
            && ((await store.ReadAsync(collateral.Key, cancellationToken)).Collateral is not { } kept
                || !kept.Raw.Span.SequenceEqual(collateral.Raw.Span)))
        {
            throw CliException.BadInput(
                $"{collateral.Key.ToLogText()} cannot be kept: {outcome.Problem}",
                "Make room on the disk, or name another directory with --dir.");
        }
    }

    /// <summary>Reads every piece of the store, each verified again.</summary>
    /// <exception cref="CliException">There is no store (exit code 3).</exception>
    /// <exception cref="CollateralStoreException">It cannot be read.</exception>
    public async Task<List<AuditedCollateral>> ReadAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var directory = DirectoryOf(context);
        if (!Directory.Exists(directory))
        {
            throw CliException.BadInput(
                $"--dir: there is no directory '{directory}'",
                "Fetch collateral first with casemate collateral fetch, or import a bundle.");
        }

        var store = Open(context);
        var found = new List<StoredCollateral>();
        var damaged = new List<AuditedCollateral>();
        foreach (var key in await store.ListAsync(cancellationToken))
        {
            var reading = await store.ReadAsync(key, cancellationToken);
            if (reading.Collateral is { } piece)
            {
                found.Add(piece);
            }
            else if (reading.Damage.Length > 0)
            {
                damaged.Add(new AuditedCollateral(new StoredCollateral(key, default, default, default, "", null, null), reading.Damage));
            }
        }

        return [.. CollateralAudit.Verify(found, Roots(context), context.Now)
            .Concat(damaged).OrderBy(piece => piece.Collateral.Key.ToString(), StringComparer.Ordinal)];
    }

    /// <summary>The store's directory.</summary>
    /// <exception cref="CliException">There is no place for it (exit code 2).</exception>
    public string DirectoryOf(CommandContext context)
    {
        if ((context.Arguments.GetValue(_directory) ?? context.Invocation.Environment("CASEMATE_COLLATERAL_DIR")) is { Length: > 0 } named)
        {
            return Path.GetFullPath(named);
        }

        try
        {
            return Path.Combine(SimulatedInstallation.DefaultDirectory(context.Invocation.Environment), "collateral");
        }
        catch (SimulatedInstallationException exception)
        {
            throw CliException.Usage(exception.Message, "Name a directory with --dir or CASEMATE_COLLATERAL_DIR.");
        }
    }
}
