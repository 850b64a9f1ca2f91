using Casemate.Attestation;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Cli.Commands;
using Casemate.Quoting;
using Casemate.Quoting.Dcap;
using Casemate.Quoting.Service;
using Casemate.Serve.Quoting;
using Microsoft.Extensions.Logging;

namespace Casemate.Cli.Quotes;

/// <summary>Turns <c>--provider</c> into back ends. The simulator is never chosen unless it is named.</summary>
internal static class ProviderChoice
{
    private const string Auto = "auto";
    private const string Dcap = "dcap";
    private const string Simulated = "simulated";

    private static readonly (string Name, GuestBackEnd Way)[] s_guests =
        [("tsm", GuestBackEnd.Tsm), ("snp", GuestBackEnd.Snp), ("tdx", GuestBackEnd.Tdx)];

    // Those of out-of-tree drivers, before the kernel had one.
    private static readonly string[] s_olderEnclaveDevices = ["/dev/sgx/enclave", "/dev/isgx"];

    /// <summary>Opens the back ends.</summary>
    /// <exception cref="CliException">
    /// The name is wrong (exit code 2), the simulated platform is damaged (3), or this machine has no back end (4).
    /// </exception>
    public static async Task<NodeProviders> OpenAsync(
        CommandContext context, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var name = QuoteHelperSettings.Provider.Text(context)!;
        switch (name)
        {
            case Simulated:
                return await SimulatedNode.OpenAsync(
                    SimulatedNode.DirectoryOf(QuoteHelperSettings.StateDirectory.Given(context), context), TeesOf(context),
                    QuoteHelperSettings.AcceptSdkSimulation.IsOn(context), context.Invocation.Time, cancellationToken);
            case Dcap:
                return OpenDcap(context, loggers, sources: []);
            case Auto:
                return Detect(context, loggers);
            default:
                return s_guests.FirstOrDefault(known => known.Name == name) is { Name: not null } named
                    ? OpenGuest(context, named.Name, named.Way)
                    : throw CliException.Usage(
                        $"--provider: '{name}' is no back end of this program",
                        $"Name one of: {Auto}, {Dcap}, {string.Join(", ", s_guests.Select(guest => guest.Name))}, {Simulated}.");
        }
    }

    // What the machine has, all of it: enclaves where there is SGX, evidence of itself where it is a confidential guest.
    private static NodeProviders Detect(CommandContext context, ILoggerFactory loggers)
    {
        var detection = EvidenceProviders.Detect(MachineOf(context));
        if (HasSgx(context))
        {
            return OpenDcap(context, loggers, detection.Guest is { } both ? [NodeEvidenceSource.Of(both)] : []);
        }

        return detection.Guest is { } guest
            ? OfGuest(guest)
            : throw new CliException(
                ExitCode.Unreachable, "this machine has nothing that makes quotes: no SGX device, and it is no confidential guest",
                "For tests there is --provider simulated, whose quotes prove nothing.")
            {
                Findings = [.. detection.Findings.Select(finding => $"{KbsTee.NameOf(finding.Tee)}: {finding.Text}")],
            };
    }

    private static NodeProviders OpenGuest(CommandContext context, string name, GuestBackEnd way) =>
        EvidenceProviders.TryOpen(way, MachineOf(context), out var guest, out var problem)
            ? OfGuest(guest)
            : throw new CliException(ExitCode.Unreachable, $"--provider {name}: {problem}");

    // The kernel's interface serves requests at once; a device's driver takes one at a time.
    private static NodeProviders OfGuest(IGuestEvidenceProvider guest)
    {
        var source = NodeEvidenceSource.Of(guest);
        return new NodeProviders(
            new NoEnclaveProvider(source, guest is Quoting.Tsm.TsmReportProvider ? Environment.ProcessorCount : 1), Tds: null, [source],
            Collateral: null);
    }

    private static EvidenceRoots MachineOf(CommandContext context)
    {
        var machine = context.Invocation.Machine;
        return QuoteHelperSettings.TsmReports.Given(context) is { } reports
            ? machine with { Tsm = machine.Tsm with { Root = Path.GetFullPath(reports) } } : machine;
    }

    private static bool HasSgx(CommandContext context) =>
        File.Exists(context.Invocation.Machine.SgxDevice) || s_olderEnclaveDevices.Any(File.Exists);

    private static NodeProviders OpenDcap(CommandContext context, ILoggerFactory loggers, NodeEvidenceSource[] sources)
    {
        var options = new DcapProviderOptions
        {
            LibraryDirectory = QuoteHelperSettings.DcapLibraries.Given(context) is { } directory ? Path.GetFullPath(directory) : null,
            Time = context.Invocation.Time,
            Events = new DcapWorkerLog(loggers.CreateLogger<DcapWorkerLog>(), context.Invocation.Time),
        };
        return new NodeProviders(new DcapQuoteProvider(options), new DcapTdQuoteProvider(options), [.. sources], Collateral: null);
    }

    private static List<Tee> TeesOf(CommandContext context)
    {
        var named = QuoteHelperSettings.SimulatedTee.Values(context);
        return named.Count == 0
            ? [Tee.Sgx, Tee.Tdx]
            : [.. named.Select(text => KbsTee.TryParse(text)
                ?? throw CliException.Usage($"--simulated-tee: '{text}' is not sgx, tdx or snp")).Distinct()];
    }
}
