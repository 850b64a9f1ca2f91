using System.CommandLine;
using System.Net.Sockets;
using System.Text;
using Casemate.Attestation;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Snp;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Collateral;
using Casemate.Primitives;
using Casemate.Quoting;
using Casemate.Quoting.Aesm;
using Casemate.Quoting.Service;
using Casemate.Quoting.Sgx;

namespace Casemate.Cli.Quotes;

/// <summary><c>casemate quote</c>: evidence of this node, for <c>casemate verify</c> and everybody else.</summary>
internal sealed class QuoteCommand : CliCommand
{
    /// <summary>Where the quote helper's evidence endpoint is unless another place is named.</summary>
    public const string DefaultHelper = "/var/run/aesmd/evidence.socket";

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(500);

    private readonly Option<string> _tee = new Option<string>("--tee")
    {
        Description = "The kind of evidence. Default: the first that this node can make.",
        HelpName = "sgx|tdx|snp",
    }.AcceptOnlyFromAmong(KbsTee.Sgx, KbsTee.Tdx, KbsTee.Snp);

    private readonly Option<string> _data = new("--data")
    {
        Description = "Report data that the evidence carries: 1 to 64 bytes as hex, or @FILE for a file's bytes; shorter values are padded with "
            + "zeros at the end. Default: zeros.",
        HelpName = "HEX|@FILE",
    };

    private readonly Option<string> _out = new("--out")
    {
        Description = "Save the evidence in this file. Without it, it is printed.",
        HelpName = "FILE",
    };

    private readonly Option<bool> _bare = new("--no-collateral")
    {
        Description = "Leave out the collateral that the evidence is verified with.",
    };

    private readonly Option<string> _helper = new("--helper")
    {
        Description = $"Socket of the quote helper's evidence endpoint. Default: {DefaultHelper}.",
        HelpName = "PATH",
    };

    private readonly Option<bool> _armor = new("--armor")
    {
        Description = "Print the evidence as a block of base64 between marks, to be found again in a log.",
    };

    private readonly Option<string> _wait = new("--wait")
    {
        Description = "Seconds for which a quote helper that is not there yet, or is busy, is asked again. Default: 0.",
        HelpName = "SECONDS",
    };

    private readonly Option<bool> _simulated = new("--simulated")
    {
        Description = "Make evidence of this user's simulated platform, without a quote helper. It proves nothing.",
    };

    private readonly Option<string> _directory = new("--dir")
    {
        Description = "Directory of the simulated platform. Default: CASEMATE_STATE_DIR, else $XDG_STATE_HOME/casemate, else "
            + "~/.local/state/casemate.",
        HelpName = "DIR",
    };

    public QuoteCommand()
        : base(
            "quote", "Make evidence of this node: a bundle that casemate verify takes.",
            new CommandExample("Of what this node is", "casemate quote --data 6e6f6e6365 --out evidence.json"),
            new CommandExample("Simulated, and verified", "casemate quote --simulated --tee tdx --out evidence.json"),
            new CommandExample("Printed, bound to a file of at most 64 bytes", "casemate quote --data @nonce.bin > evidence.json"))
    {
        foreach (var option in new Option[] { _tee, _data, _out, _armor, _bare, _helper, _wait, _simulated, _directory })
        {
            Add(option);
        }
    }

    protected override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var arguments = context.Arguments;
        var reportData = ReadData(arguments.GetValue(_data));
        var tee = arguments.GetValue(_tee) is { } name ? KbsTee.TryParse(name) : null;
        var file = arguments.GetValue(_out);
        if (file is not null)
        {
            if (arguments.GetValue(_armor))
            {
                throw CliException.Usage("--armor is for evidence that is printed, and --out keeps it in a file", "Give one of them.");
            }

            OutputFile.Require("--out", file);
        }

        var bundle = arguments.GetValue(_simulated)
            ? await MakeSimulatedAsync(context, tee ?? Tee.Tdx, reportData, cancellationToken)
            : await AskAsync(context, tee, reportData, cancellationToken);

        // Also what a helper sent is read before it is kept: nothing is saved that casemate verify does not take.
        var evidence = EvidenceBundle.Parse(bundle, "the evidence that was made");
        if (arguments.GetValue(_armor))
        {
            context.Console.Out.Write(EvidenceArmor.Write(bundle, reportData));
            return ExitCode.Success;
        }

        if (file is null)
        {
            Print(context, bundle);
            return ExitCode.Success;
        }

        OutputFile.Write("--out", file, bundle, OutputFile.Readable);
        Describe(context, evidence, file, reportData, await IsSimulatedAsync(context, evidence.Tee!.Value, cancellationToken));
        return ExitCode.Success;
    }

    private async Task<byte[]> AskAsync(CommandContext context, Tee? tee, byte[] reportData, CancellationToken cancellationToken)
    {
        var named = context.Arguments.GetValue(_helper);
        var patience = context.Arguments.GetValue(_wait) is { } seconds ? Seconds.Parse("--wait", seconds, 0, 3600) : TimeSpan.Zero;
        if (named is null && patience == TimeSpan.Zero && !File.Exists(DefaultHelper))
        {
            return await MakeHereAsync(context, tee, reportData, cancellationToken);
        }

        var enclave = new Lazy<ISgxReportSource>(() => context.Invocation.Enclaves(context.Invocation.Machine.SgxDevice));
        var time = context.Invocation.Time;
        var start = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await AskHelperAsync(
                    named ?? DefaultHelper, tee, reportData, !context.Arguments.GetValue(_bare), enclave, cancellationToken);
            }
            catch (CliException exception) when (
                exception.ExitCode is ExitCode.Unreachable && exception.InnerException is not EvidenceProviderException { IsTransient: false }
                && time.GetElapsedTime(start) + s_pause < patience)
            {
                context.Console.Detail($"{exception.Message}: asked again in a moment");
                await Task.Delay(s_pause, time, cancellationToken);
            }
        }
    }

    // What the helper has of its node comes first, so that where it is simulated nothing else is made. Of SGX hardware it has none itself: it
    // quotes what an enclave reports, and that is this program's.
    private static async Task<byte[]> AskHelperAsync(
        string helper, Tee? tee, byte[] reportData, bool wantsCollateral, Lazy<ISgxReportSource> enclave, CancellationToken cancellationToken)
    {
        var description = await EvidenceClient.DescribeAsync(helper, cancellationToken);
        Tee? own = description.Evidence.Where(one => tee is null || one.Tee == tee).Select(one => (Tee?)one.Tee).FirstOrDefault();

        // A helper without collateral refuses to add some. Evidence without is worth more than none: whoever verifies it may have their own.
        wantsCollateral &= description.HasCollateral || own is Tee.Snp;
        if (own is not null || tee is Tee.Tdx or Tee.Snp || !description.TakesReports)
        {
            return await EvidenceClient.GetAsync(helper, tee, reportData, wantsCollateral, cancellationToken);
        }

        if (description.SgxTargetInfo.IsEmpty)
        {
            throw new CliException(
                ExitCode.Unreachable, $"the quote helper at {helper} has no attestation key for enclaves yet",
                "It makes one as soon as it can, and its log says why it cannot; --wait asks again.");
        }

        var report = MakeReport(enclave.Value, description.SgxTargetInfo.Span, reportData);
        return await EvidenceClient.QuoteAsync(helper, report, wantsCollateral, cancellationToken);
    }

    private static ReadOnlyMemory<byte> MakeReport(ISgxReportSource enclave, ReadOnlySpan<byte> targetInfo, byte[] reportData)
    {
        try
        {
            return enclave.Report(targetInfo, reportData);
        }
        catch (EvidenceProviderException exception)
        {
            throw new CliException(ExitCode.Unreachable, $"no evidence can be made here: {exception.Message}", cause: exception);
        }
    }

    // Without an evidence socket: inside a confidential guest its own kernel has what is needed; beside Intel's aesmd an enclave has.
    private static async Task<byte[]> MakeHereAsync(
        CommandContext context, Tee? tee, byte[] reportData, CancellationToken cancellationToken)
    {
        var detection = EvidenceProviders.Detect(context.Invocation.Machine);
        if (detection.Guest is not { } guest || (tee is { } wanted && guest.Tee != wanted))
        {
            if (tee is null or Tee.Sgx && detection.Findings.Any(finding => finding is { Tee: Tee.Sgx, Available: true }))
            {
                return await MakeAsEnclaveAsync(context, reportData, cancellationToken);
            }

            var found = detection.Findings.Where(finding => tee is null || finding.Tee == tee)
                .Select(finding => $"{KbsTee.NameOf(finding.Tee)}: {finding.Text}");
            throw new CliException(
                ExitCode.Unreachable, $"no evidence can be made here: there is no quote helper ({DefaultHelper} does not exist)",
                "Or name a quote helper's evidence socket with --helper, or try --simulated, which proves nothing.")
            {
                Findings = [.. found],
            };
        }

        try
        {
            var evidence = await guest.GetAsync(reportData, cancellationToken);
            return new EvidenceBundle
            {
                Tee = evidence.Tee,
                Evidence = evidence.Evidence,
                Made = context.Invocation.Time.GetUtcNow(),
                SnpEndorsements = evidence.Tee is Tee.Snp ? GuestEvidenceAdapter.Endorsements(evidence) : null,
            }.Write();
        }
        catch (EvidenceProviderException exception)
        {
            throw new CliException(ExitCode.Unreachable, $"no evidence can be made here: {exception.Message}", cause: exception);
        }
    }

    private static async Task<byte[]> MakeAsEnclaveAsync(CommandContext context, byte[] reportData, CancellationToken cancellationToken)
    {
        var machine = context.Invocation.Machine;
        var enclave = context.Invocation.Enclaves(machine.SgxDevice);
        var client = AesmClient.ForPath(machine.AesmSocket, AesmClient.DefaultTimeout);
        try
        {
            var quote = await client.QuoteAsGramineAsync(target => MakeReport(enclave, target.Span, reportData), cancellationToken);
            return new EvidenceBundle { Tee = Tee.Sgx, Evidence = quote, Made = context.Invocation.Time.GetUtcNow() }.Write();
        }
        catch (AesmClientException exception)
        {
            var code = exception.InnerException is SocketException { SocketErrorCode: SocketError.AccessDenied } ? ExitCode.NotPermitted
                : exception.Error is null ? ExitCode.Unreachable : ExitCode.Refused;
            throw new CliException(code, $"no evidence can be made here: {exception.Message}", exception.Remedy, exception);
        }
    }

    private async Task<byte[]> MakeSimulatedAsync(CommandContext context, Tee tee, byte[] reportData, CancellationToken cancellationToken)
    {
        if (context.Arguments.GetValue(_helper) is not null)
        {
            throw CliException.Usage("--simulated and --helper are two ways to the same thing", "Give one of them.");
        }

        var time = context.Invocation.Time;
        await using var node = await SimulatedNode.OpenAsync(
            SimulatedNode.DirectoryOf(context.Arguments.GetValue(_directory), context), [tee], acceptSdkSimulationReports: false, time,
            cancellationToken);
        var evidence = await node.Sources[0].Make(reportData, cancellationToken);
        var bundle = new EvidenceBundle { Tee = tee, Evidence = evidence, Made = time.GetUtcNow() };
        if (!context.Arguments.GetValue(_bare))
        {
            bundle = tee is Tee.Snp
                ? bundle with
                {
                    SnpEndorsements = await node.Collateral!.FindSnpEndorsementsAsync(
                        SnpEndorsementQuery.TryCreate(evidence.Span)!, cancellationToken),
                }
                : bundle with
                {
                    DcapCollateral = await node.Collateral!.FindDcapCollateralAsync(
                        DcapCollateralQuery.TryCreate(evidence.Span)!, cancellationToken),
                };
        }

        return bundle.Write();
    }

    private static void Print(CommandContext context, byte[] bundle)
    {
        if (context.Console.Format is OutputFormat.Yaml)
        {
            context.Console.Out.Write(YamlText.FromJson(bundle));
        }
        else
        {
            context.Console.Out.Write(Encoding.UTF8.GetString(bundle));
        }
    }

    private async Task<bool> IsSimulatedAsync(CommandContext context, Tee tee, CancellationToken cancellationToken)
    {
        var helper = context.Arguments.GetValue(_helper) ?? (File.Exists(DefaultHelper) ? DefaultHelper : null);
        return context.Arguments.GetValue(_simulated)
            || (helper is not null && await EvidenceClient.IsSimulatedAsync(helper, tee, cancellationToken));
    }

    private void Describe(CommandContext context, EvidenceFile evidence, string file, byte[] reportData, bool isSimulated)
    {
        var console = context.Console;
        var tee = KbsTee.NameOf(evidence.Tee!.Value);
        if (console.Format is OutputFormat.Table)
        {
            console.Out.WriteLine($"{tee} evidence of {evidence.Evidence.Length} bytes saved in {file}");
            var roots = isSimulated ? FindSimulatorRoots(context) : null;
            var root = roots is not null ? $" --root {ShellWord.Of(roots)}" : "";
            var collateral = evidence.Included.IsEmpty ? " --collateral COLLATERAL" : "";
            var data = Convert.ToHexStringLower(reportData);
            console.Note($"verify it: casemate verify {ShellWord.Of(file)} --report-data {data}{root}{collateral}");
            if (evidence.Included.IsEmpty)
            {
                console.Note("COLLATERAL is a file, a directory or a caching service: none came with the evidence");
            }

            if (isSimulated)
            {
                console.Note(
                    roots is not null ? "it is simulated and proves nothing: verify ends with exit code 20"
                        : "it is simulated and proves nothing: add --root FILE, simulator-roots.pem in the state directory of the helper");
            }

            return;
        }

        console.WriteDocument(json =>
        {
            json.WriteString("apiVersion", ApiVersion.V1);
            json.WriteString("tee", tee);
            json.WriteString("file", file);
            json.WriteNumber("evidenceBytes", evidence.Evidence.Length);
            json.WriteString("reportData", Convert.ToHexStringLower(reportData));
        });
    }

    // A helper of the same user has the same state directory unless one was named; no hint names a file that is not there.
    private string? FindSimulatorRoots(CommandContext context)
    {
        try
        {
            var roots = Path.Combine(SimulatedNode.DirectoryOf(context.Arguments.GetValue(_directory), context), "simulator-roots.pem");
            return File.Exists(roots) ? roots : null;
        }
        catch (CliException) when (context.Arguments.GetValue(_directory) is null)
        {
            return null;                                                   // a user without a home
        }
    }

    private static byte[] ReadData(string? text)
    {
        var reportData = new byte[NodeEvidenceSource.ReportDataSize];
        if (text is null)
        {
            return reportData;
        }

        if (text.StartsWith('@'))
        {
            ReadFile(text[1..]).CopyTo(reportData, 0);
            return reportData;
        }

        var digits = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text[2..] : text;
        if (digits.Length == 0 || digits.Length % 2 != 0 || digits.Length > 2 * reportData.Length || digits.Any(c => !char.IsAsciiHexDigit(c)))
        {
            throw CliException.Usage("--data must be 1 to 64 bytes as hex, or @FILE", "Such as --data 6e6f6e6365. Hash what is longer.");
        }

        Convert.FromHexString(digits).CopyTo(reportData, 0);
        return reportData;
    }

    private static byte[] ReadFile(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            var buffer = new byte[NodeEvidenceSource.ReportDataSize + 1];
            var length = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            return length is > 0 and <= NodeEvidenceSource.ReportDataSize
                ? buffer[..length]
                : throw CliException.BadInput($"--data: '{path}' has not 1 to 64 bytes", "Give the hash of what is longer.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw CliException.BadInput($"--data: '{path}' cannot be read: {exception.Message}", cause: exception);
        }
    }
}
