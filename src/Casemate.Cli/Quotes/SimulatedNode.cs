using System.Security.Cryptography;
using Casemate.Attestation;
using Casemate.Attestation.Snp;
using Casemate.Cli.Commands;
using Casemate.Cli.Run;
using Casemate.Quoting.Service;
using Casemate.Quoting.Simulated;
using Casemate.Simulator;

namespace Casemate.Cli.Quotes;

/// <summary>A node whose every TEE is simulated.</summary>
internal static class SimulatedNode
{
    private const string Name = "simulated";

    /// <summary>What the node's own evidence says of what runs: one fixed measurement, which is no workload's.</summary>
    public static CommandMeasurement Measurement { get; } =
        SimulatedMeasurement.OfCommand(SHA384.HashData("casemate simulated node"u8), []);

    /// <summary>The directory of the simulated platform.</summary>
    /// <param name="named">The one that was named; null: none was.</param>
    /// <param name="context">Where else to look.</param>
    /// <exception cref="CliException">There is no place for it (exit code 2).</exception>
    public static string DirectoryOf(string? named, CommandContext context) =>
        SimulatorOptions.DirectoryOf(named, context.Invocation.Environment);

    /// <summary>Opens the platform of a directory, making what is missing.</summary>
    /// <exception cref="CliException">The platform is damaged, or the directory cannot be used (exit code 3).</exception>
    public static async Task<SimulatedInstallation> InstallAsync(
        string directory, IEnumerable<Tee> tees, TimeProvider time, CancellationToken cancellationToken)
    {
        IReadOnlyCollection<SnpProduct> products = tees.Contains(Tee.Snp) ? [SimulatedEvidenceProvider.Product] : [];
        try
        {
            return await Task.Run(() => SimulatedInstallation.OpenAsync(directory, products, time, cancellationToken), cancellationToken);
        }
        catch (SimulatedInstallationException exception)
        {
            throw CliException.BadInput(exception.Message, exception.Remedy, exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw CliException.BadInput(
                $"the state directory '{directory}' cannot be created or used: {exception.Message}",
                "Name another with --state-dir or CASEMATE_STATE_DIR.", exception);
        }
    }

    /// <summary>
    /// The platform behind this user's simulated node; null when there is none. Looking makes nothing: without a platform there is none
    /// behind a socket that this user could know.
    /// </summary>
    /// <param name="named">The directory that was named; null: none was.</param>
    /// <param name="context">Where else to look.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <exception cref="CliException">The platform is damaged, or what was named cannot be used.</exception>
    public static async Task<SimulatedInstallation?> FindAsync(string? named, CommandContext context, CancellationToken cancellationToken)
    {
        string directory;
        try
        {
            directory = DirectoryOf(named, context);
        }
        catch (CliException) when (named is null)
        {
            return null;                                                   // no home, so nothing can be kept in it
        }

        return SimulatedInstallation.Exists(directory)
            ? await InstallAsync(directory, [], context.Invocation.Time, cancellationToken) : null;
    }

    /// <summary>Opens the back ends.</summary>
    /// <exception cref="CliException">The platform is damaged, or the directory cannot be used (exit code 3).</exception>
    public static async Task<NodeProviders> OpenAsync(
        string directory, IReadOnlyList<Tee> tees, bool acceptSdkSimulationReports, TimeProvider time, CancellationToken cancellationToken)
    {
        var platform = (await InstallAsync(directory, tees, time, cancellationToken)).Platform;
        return new NodeProviders(
            new SimulatedQuoteProvider(platform.Dcap, acceptSdkSimulationReports), new SimulatedTdQuoteProvider(platform.Dcap),
            [.. tees.Select(tee => Source(platform, tee))], new SimulatedCollateralSource(platform, time))
        {
            Roots = platform.Allow(TrustRoots.None),
        };
    }

    /// <summary>Evidence of the simulated node.</summary>
    public static NodeEvidenceSource Source(SimulatedPlatform platform, Tee tee) => new(
        tee, Name, Simulated: true, (reportData, cancellationToken) =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            return ValueTask.FromResult<ReadOnlyMemory<byte>>(tee switch
            {
                Tee.Sgx => platform.Dcap.QuoteSgx(new SimulatedEnclave { MrEnclave = Measurement.MrEnclave }, reportData.Span),
                Tee.Tdx => platform.Dcap.QuoteTdx(new SimulatedTd { MrTd = Measurement.MrTd }, reportData.Span),
                Tee.Snp => platform.Snp(SimulatedEvidenceProvider.Product).Report(
                    new SimulatedGuest { Measurement = Measurement.Measurement }, reportData.Span, version: 5),
                _ => throw new ArgumentOutOfRangeException(nameof(tee), tee, "Not a kind of hardware."),
            });
        });
}
