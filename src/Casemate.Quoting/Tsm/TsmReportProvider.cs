using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Casemate.Attestation;
using Casemate.Quoting.Devices;

namespace Casemate.Quoting.Tsm;

/// <summary>
/// Evidence of TDX and SEV-SNP guests through the kernel's one interface for both, configfs-tsm (Linux 6.7 and later). Every request has
/// a directory of its own, gone when the request is; directories of programs that died are removed at start.
/// Source: Linux, Documentation/ABI/testing/configfs-tsm.
/// </summary>
public sealed class TsmReportProvider : IGuestEvidenceProvider
{
    /// <summary>What the names of our directories begin with.</summary>
    internal const string Prefix = "casemate-";

    private readonly ITsmTree _tree;
    private readonly TsmReportOptions _options;

    private TsmReportProvider(ITsmTree tree, TsmReportOptions options, Tee tee) => (_tree, _options, Tee) = (tree, options, tee);

    /// <inheritdoc/>
    public Tee Tee { get; }

    /// <inheritdoc/>
    public string Name => "tsm";

    /// <summary>Looks whether the kernel offers reports, removes what dead programs left, and finds out which TEE it is.</summary>
    /// <param name="options">How reports are asked for.</param>
    /// <param name="provider">The provider, or null.</param>
    /// <param name="problem">Why there is none and what would help, a clause; null after success.</param>
    public static bool TryOpen(
        TsmReportOptions options, [NotNullWhen(true)] out TsmReportProvider? provider, [NotNullWhen(false)] out string? problem)
    {
        ArgumentNullException.ThrowIfNull(options);
        return TryOpen(new TsmTree(options.Root), options, out provider, out problem);
    }

    internal static bool TryOpen(
        ITsmTree tree, TsmReportOptions options, [NotNullWhen(true)] out TsmReportProvider? provider,
        [NotNullWhen(false)] out string? problem)
    {
        provider = null;
        var result = tree.List(out var names);
        if (result < 0)
        {
            problem = result == -ErrorNumber.NoEntry
                ? $"{options.Root} does not exist: the kernel is older than 6.7, configfs is not mounted, or this is no confidential guest"
                : $"{options.Root} cannot be read: {ErrorNumber.Text(-result)}";
            return false;
        }

        foreach (var name in names.Where(IsOurs))
        {
            // One that is in use, or that somebody else just removed, is no concern of ours.
            _ = tree.RemoveAbandoned(name);
        }

        if (!TryReadProvider(tree, out var kind, out problem))
        {
            return false;
        }

        Tee? tee = kind switch { "tdx_guest" => Tee.Tdx, "sev_guest" => Tee.Snp, _ => null };
        problem = tee is null ? $"the kernel's provider is '{kind}', known are tdx_guest and sev_guest" : null;
        provider = tee is { } known ? new TsmReportProvider(tree, options, known) : null;
        return provider is not null;
    }

    /// <inheritdoc/>
    public async ValueTask<GuestEvidence> GetAsync(ReadOnlyMemory<byte> reportData, CancellationToken cancellationToken)
    {
        GuestReportData.Require(reportData);
        var data = reportData.ToArray();
        var delay = _options.FirstDelay;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                // The kernel may keep the thread for many seconds: not one of the pool's.
                var running = Task.Factory.StartNew(
                    () => Try(data), CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
                    TaskScheduler.Default);
                return await running.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (TsmAttemptException e) when (e.IsTransient && attempt < _options.Attempts)
            {
                await Task.Delay(delay, _options.Time, cancellationToken).ConfigureAwait(false);
                delay *= 2;
            }
            catch (TsmAttemptException e)
            {
                var tries = attempt == 1 ? string.Empty : $" ({attempt} tries)";
                throw new EvidenceProviderException($"No report from {_options.Root}: {e.Message}{tries}.", e.IsTransient, e);
            }
        }
    }

    private static bool TryReadProvider(ITsmTree tree, out string kind, [NotNullWhen(false)] out string? problem)
    {
        const int maximumName = 64;
        kind = string.Empty;
        var name = NewName();
        var result = tree.Make(name, out var hold);
        using (hold)
        {
            if (result < 0)
            {
                problem = TsmAttemptException.Kernel("making a report directory", -result).Message;
                return false;
            }

            result = tree.Read(name, "provider", maximumName, out var value);
            kind = Printable(Encoding.ASCII.GetString(value).Trim());
            problem = result < 0 ? TsmAttemptException.Kernel("reading provider", -result).Message : null;
            _ = tree.Remove(name);                                         // one that stays is swept at the next start
            return problem is null;
        }
    }

    private static string Printable(string text) =>
        string.Concat(text.Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' ? c : '?'));

    private static bool IsOurs(string name) => name.StartsWith(Prefix, StringComparison.Ordinal);

    private static string NewName() => Prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));

    private GuestEvidence Try(byte[] reportData)
    {
        var name = NewName();
        var result = _tree.Make(name, out var hold);
        if (result < 0)
        {
            throw TsmAttemptException.Kernel("making a report directory", -result);
        }

        using (hold)
        {
            try
            {
                return new TsmRequest(_tree, name, Tee, _options).Run(reportData);
            }
            finally
            {
                _ = _tree.Remove(name);                                    // one that stays is swept at the next start
            }
        }
    }
}
