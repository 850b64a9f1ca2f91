using System.CommandLine;
using Casemate.Attestation;
using Casemate.Cli.Verify;
using Casemate.Cli.Verify.Many;
using Casemate.Collateral;

namespace Casemate.Cli.Commands;

/// <summary><c>casemate verify</c>: is this evidence genuine, current, and what the relying party wants?</summary>
internal sealed class VerifyCommand : CliCommand
{
    private const int ReportDataBytes = 64;

    private readonly Argument<string[]> _evidence = new("EVIDENCE")
    {
        Description = "A quote (SGX, TDX), a report (SEV-SNP, NVIDIA GPU) or an Azure HCL report: binary, hex, base64, KBS evidence JSON "
            + "or a bundle; or an endorsement of a guest image. '-' reads standard input. Several may be named; a directory is searched with "
            + "its subdirectories.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<bool> _stream = new("--stream")
    {
        Description = "Verify every line of standard input: KBS evidence JSON or a bundle, one a line.",
    };

    private readonly Option<string> _at = new("--at")
    {
        Description = "The instant at which to verify: RFC 3339 or Unix seconds. Default: now.",
        HelpName = "TIME",
    };

    private readonly Option<string> _reportData = new("--report-data")
    {
        Description = "The report data that the evidence must carry, up to 64 bytes; shorter values are padded with zeros at the end. "
            + "For an Azure VM the nonce of its vTPM, for a GPU that of its report.",
        HelpName = "HEX",
    };

    private readonly Option<string> _runtimeData = new("--runtime-data")
    {
        Description = "The runtime data that the evidence must be over: its report data must be the SHA-512 of the file's bytes, as the "
            + "quote helper's evidence endpoint makes it of runtimeData. At most 64 KiB; in place of --report-data.",
        HelpName = "FILE",
    };

    private readonly Option<string> _eventLog = new("--event-log")
    {
        Description = "The event log (CCEL) of a TDX quote: replayed and held against the quote's registers. Default: the one inside.",
        HelpName = "FILE",
    };

    private readonly JudgementOptions _judgement = new();

    private readonly EndorsementOptions _endorsement = new();

    private readonly GpuOptions _gpu = new();

    public VerifyCommand()
        : base(
            "verify",
            "Verify evidence offline and explain every check. Exit code 0 accepted, 1 rejected, 3 unreadable, 20 accepted but simulated.",
            new CommandExample("A quote with its collateral", "casemate verify quote.bin --collateral collateral.json"),
            new CommandExample(
                "A SEV-SNP report with vcek.der, ask.pem and ark.pem beside it, as of a given day",
                "casemate verify report.bin --at 2026-01-31"),
            new CommandExample(
                "What a relying party does: its policy, its nonce, an answer for a script",
                "casemate verify bundle.json --policy policy.yaml --report-data 6e6f6e6365 -o json"),
            new CommandExample(
                "Evidence of a simulator, whose root must be named",
                "casemate verify bundle.json --root simulator-root.pem"),
            new CommandExample(
                "Evidence of an Azure VM, with the nonce of its vTPM", "casemate verify azure.json --report-data 6368616c6c656e6765"),
            new CommandExample(
                "Evidence that is over a file, such as a public key", "casemate verify evidence.json --runtime-data key.pub"),
            new CommandExample("A TD's quote with its event log", "casemate verify quote.bin --event-log CCEL"),
            new CommandExample(
                "A guest whose image a publisher endorsed",
                "casemate verify report.bin --endorsement reference_info.cose --endorsement-feed ContainerPlat-AMD-UVM "
                + "--endorsement-issuer did:x509:0:sha256:I__iuL25oXEVFdTP_aBLx_eT1RPHbCQ_ECBQfYZpt9s::eku:1.3.6.1.4.1.311.76.59.1.2"),
            new CommandExample(
                "With the collateral of a whole fleet in one file, and no network",
                "casemate verify bundle.json --collateral fleet.tar --bundle-key fleet.key.pub"),
            new CommandExample(
                "With a caching service", "casemate verify quote.bin --collateral https://pccs.example:8081/sgx/certification/v4/"),
            new CommandExample("The report of a GPU with its certificates", "casemate verify gpu-report.txt --collateral gpu-chain.pem"),
            new CommandExample(
                "Everything in a directory and below, one line each and a summary",
                "casemate verify archive/ --collateral collateral.json"),
            new CommandExample("A stream of bundles, one JSON answer a line", "tail -f bundles.jsonl | casemate verify --stream -o json"))
    {
        Add(_evidence);
        _judgement.AddTo(this);
        Add(_at);
        Add(_reportData);
        Add(_runtimeData);
        Add(_eventLog);
        foreach (var option in _endorsement.All.Concat(_gpu.All))
        {
            Add(option);
        }

        Add(_stream);
    }

    protected override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var arguments = context.Arguments;
        var named = ReadNames(arguments);
        var at = ReadInstant(context);
        var reportData = RuntimeData.Read(arguments.GetValue(_runtimeData), ReadReportData(arguments.GetValue(_reportData)));
        var images = _endorsement.ReadPolicy(arguments);
        await using var judgement = await _judgement.OpenAsync(
            context, at, reportData, _gpu.ReadPolicy(arguments), images, cancellationToken);
        var request = judgement.Request with
        {
            GpuRoots = _gpu.ReadRoots(arguments),
            EventLog = NamedEventLog.Read(arguments.GetValue(_eventLog)),
            Endorsement = _endorsement.Verify(arguments, at, images),
        };
        if (named is [var only] && FindOne(only) is { } path)
        {
            return VerifyOne(context, path, request, judgement.Roots);
        }

        if (request.EventLog is not null)
        {
            throw CliException.Usage(
                "--event-log belongs to one quote, and several pieces of evidence are named", "Verify that quote alone.");
        }

        var many = new ManyVerification(context, request with { Cache = new VerificationCache() });
        if (named.Length > 0)
        {
            return await many.RunAsync(named, cancellationToken);
        }

        using var input = context.Invocation.OpenStandardInput();
        return await many.RunStreamAsync(input, cancellationToken);
    }

    private int VerifyOne(CommandContext context, string path, VerificationRequest request, string roots)
    {
        var evidence = EvidenceInput.Read(context, path);
        var finding = request.Verify(evidence);
        FindingReport.Write(context.Console, finding, evidence, request, finding switch
        {
            GpuFinding => _gpu.Describe(context.Arguments),
            EndorsementFinding => "none: publishers are trusted by name",
            _ => roots,
        });
        return VerdictLine.ExitCodeOf(finding);
    }

    // A directory with one piece of evidence is that piece, with its collateral around it; null: there are several.
    private static string? FindOne(string named)
    {
        if (!Directory.Exists(named))
        {
            return named;
        }

        return EvidenceTree.FirstTwoPieces(named) switch
        {
            [] => throw new MalformedInputException(named, "holds no evidence file", "Evidence is a quote, a report or a bundle."),
            [var piece] => piece.Name,
            _ => null,
        };
    }

    private string[] ReadNames(ParseResult arguments)
    {
        var named = arguments.GetValue(_evidence) ?? [];
        if (named.Contains(""))
        {
            throw CliException.Usage("EVIDENCE is empty", "Name a file, a directory, or - for standard input.");
        }

        if (named.Length > 0 == arguments.GetValue(_stream))
        {
            throw named.Length > 0
                ? CliException.Usage("--stream reads standard input: no EVIDENCE can be named beside it")
                : CliException.Usage("no evidence named", "Name a file or a directory, '-' for standard input, or --stream for many.");
        }

        return named.Count(name => name == EvidenceInput.StandardInput) <= 1
            ? named
            : throw CliException.Usage("'-' can be named once: standard input is one piece of evidence", "Use --stream for many.");
    }

    private static byte[]? ReadReportData(string? text)
    {
        if (text is null)
        {
            return null;
        }

        var digits = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text[2..] : text;
        if (digits.Length is 0 or > 2 * ReportDataBytes || digits.Length % 2 != 0 || digits.Any(c => !char.IsAsciiHexDigit(c)))
        {
            throw CliException.Usage($"--report-data must be 1 to {ReportDataBytes} bytes as hex", "Such as --report-data 6e6f6e6365.");
        }

        var reportData = new byte[ReportDataBytes];
        Convert.FromHexString(digits).CopyTo(reportData, 0);
        return reportData;
    }

    private DateTimeOffset ReadInstant(CommandContext context)
    {
        if (context.Arguments.GetValue(_at) is not { } text)
        {
            return context.Now;
        }

        return InstantText.TryParse(text, out var instant)
            ? instant
            : throw CliException.Usage($"--at '{text}' is not a time", "Write it like 2026-11-20T12:00:00Z, or as Unix seconds.");
    }
}
