using Casemate.Attestation;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Cli.Commands;
using Casemate.Quoting.Dcap;
using Casemate.Serve.Quoting;
using Microsoft.Extensions.Logging;

namespace Casemate.Cli.Quotes;

/// <summary>Turns <c>--provider</c> into back ends. The simulator is never chosen unless it is named.</summary>
internal static class ProviderChoice
{
    private const string Auto = "auto";
    private const string Simulated = "simulated";

    // One line a back end: its name, whether this machine has it, and how it is opened.
    private static readonly (string Name, Func<bool> IsHere, Func<CommandContext, ILoggerFactory, NodeProviders> Open)[] s_hardware =
        [("dcap", HasSgx, OpenDcap)];

    // The driver of the kernel, and of out-of-tree drivers before it.
    private static readonly string[] s_enclaveDevices = ["/dev/sgx_enclave", "/dev/sgx/enclave", "/dev/isgx"];

    /// <summary>Opens the back ends.</summary>
    /// <exception cref="CliException">
    /// The name is wrong (exit code 2), the simulated platform is damaged (3), or this machine has no back end (4).
    /// </exception>
    public static async Task<NodeProviders> OpenAsync(
        CommandContext context, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var name = QuoteHelperSettings.Provider.Text(context)!;
        if (name == Simulated)
        {
            return await SimulatedNode.OpenAsync(
                SimulatedNode.DirectoryOf(QuoteHelperSettings.StateDirectory.Given(context), context), TeesOf(context),
                QuoteHelperSettings.AcceptSdkSimulation.IsOn(context), context.Invocation.Time, cancellationToken);
        }

        foreach (var (known, isHere, open) in s_hardware)
        {
            if (name == known || (name == Auto && isHere()))
            {
                return open(context, loggers);
            }
        }

        var names = string.Join(", ", s_hardware.Select(back => back.Name).Append(Simulated));
        throw name == Auto
            ? new CliException(
                ExitCode.Unreachable, "this machine has nothing that makes quotes: it has no SGX device",
                $"Turn SGX on in the firmware, or mount the device into the container. Back ends of this program: {names}. For tests there is --provider {Simulated}, whose quotes prove nothing.")
            : CliException.Usage($"--provider: '{name}' is no back end of this program", $"Name one of: {Auto}, {names}.");
    }

    private static bool HasSgx() => s_enclaveDevices.Any(File.Exists);

    private static NodeProviders OpenDcap(CommandContext context, ILoggerFactory loggers) => new(
        new DcapQuoteProvider(new DcapProviderOptions
        {
            LibraryDirectory = QuoteHelperSettings.DcapLibraries.Given(context) is { } directory ? Path.GetFullPath(directory) : null,
            Time = context.Invocation.Time,
            Events = new DcapWorkerLog(loggers.CreateLogger<DcapWorkerLog>(), context.Invocation.Time),
        }),
        Tds: null, Sources: [], Collateral: null);

    private static List<Tee> TeesOf(CommandContext context)
    {
        var named = QuoteHelperSettings.SimulatedTee.Values(context);
        return named.Count == 0
            ? [Tee.Sgx, Tee.Tdx]
            : [.. named.Select(text => KbsTee.TryParse(text)
                ?? throw CliException.Usage($"--simulated-tee: '{text}' is not sgx, tdx or snp")).Distinct()];
    }
}
