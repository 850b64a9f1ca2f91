using System.CommandLine;
using Casemate.Attestation.Dcap;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Collateral.Service;
using Casemate.Collateral.Store;
using Casemate.Primitives;

namespace Casemate.Cli.Collateral;

/// <summary><c>casemate collateral fetch</c>.</summary>
internal sealed class CollateralFetchCommand : CliCommand
{
    private readonly WantedCollateral _wanted = new();
    private readonly CollateralStoreOptions _store = new();

    private readonly Option<string[]> _source = new("--source")
    {
        Description = "Where to fetch: intel (PCS), azure (THIM and its cache), kds (AMD), simulated (casemate's own simulator), or the "
            + "address of a PCCS or of casemate's collateral service. Repeatable, asked in this order. Default: intel, then kds.",
        HelpName = CollateralUpstreams.Names,
    };

    private readonly Option<string> _apiKeyFile = new("--api-key-file")
    {
        Description = "File with Intel's subscription key, which only PCK certificates need.",
        HelpName = "FILE",
    };

    private readonly Option<string> _authorities = new("--source-ca")
    {
        Description = "The certificate authorities (PEM) that may vouch for the sources, in place of the system's.",
        HelpName = "FILE",
    };

    private readonly Option<string> _certificate = new("--source-cert")
    {
        Description = "A certificate (PEM) for sources named by address that ask for one.",
        HelpName = "FILE",
    };

    private readonly Option<string> _certificateKey = new("--source-key")
    {
        Description = "Its private key (PEM).",
        HelpName = "FILE",
    };

    private readonly Option<string> _azureRegion = new("--azure-region")
    {
        Description = "With --source azure: the region, as its THIM is called, such as useast2. Default: what Azure's metadata service "
            + "says.",
        HelpName = "REGION",
    };

    private readonly Option<string> _simulator = new("--simulator-dir")
    {
        Description = "Directory of the simulated platform, for --source simulated. Default: the state directory.",
        HelpName = "DIR",
    };

    public CollateralFetchCommand()
        : base(
            "fetch", "Fetch collateral, verify it, and keep it in a directory. Exit code 0 all fetched, 1 something does not exist or does "
            + "not verify, 4 nobody to be reached, 6 a part.",
            new CommandExample("What some evidence needs", "casemate collateral fetch --from-evidence quote.bin report.bin"),
            new CommandExample(
                "A platform, from a PCCS",
                "casemate collateral fetch --fmspc 00906ed50000 --source https://pccs.example:8081/sgx/certification/v4/"),
            new CommandExample("A platform on Azure, TDX only", "casemate collateral fetch --fmspc 00806f050000 --tee tdx --source azure"),
            new CommandExample("AMD's issuers and revocation list", "casemate collateral fetch --product milan"),
            new CommandExample(
                "What the simulator on this machine needs",
                "casemate collateral fetch --from-evidence evidence.json --source simulated "
                + "--root ~/.local/state/casemate/simulator-roots.pem"))
    {
        foreach (var option in _wanted.All.Concat([_source, _apiKeyFile, _authorities, _certificate, _certificateKey, _azureRegion,
            _simulator]).Concat(_store.All))
        {
            Add(option);
        }
    }

    protected override async Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var (keys, withoutCertificate) = _wanted.Read(context);
        var roots = _store.Roots(context);
        using var upstreams = new CollateralUpstreams(
            context.Invocation, context.Arguments.GetValue(_authorities), context.Arguments.GetValue(_certificate),
            context.Arguments.GetValue(_certificateKey))
        {
            AzureRegion = context.Arguments.GetValue(_azureRegion),
            Finding = text => context.Console.Warn(ErrorText.OneLine(text)),
        };
        foreach (var source in context.Arguments.GetValue(_source) is { Length: > 0 } named ? named : ["intel", "kds"])
        {
            await upstreams.AddAsync(
                source, context.Arguments.GetValue(_apiKeyFile),
                () => SimulatedUpstream.OpenAsync(context, context.Arguments.GetValue(_simulator), cancellationToken));
        }

        var options = new CollateralServiceOptions { Update = _wanted.Update(context.Arguments) };
        var store = _store.Open(context);
        await using var service = new CollateralService(options, store, upstreams.All, roots, context.Invocation.Time);
        var results = new List<FetchedCollateral>();
        foreach (var query in withoutCertificate)
        {
            results.Add(await FetchWithCertificateAsync(service, query, cancellationToken));
            Account(context.Console, results[^1]);
        }

        // Issuers before what is verified with them.
        foreach (var key in keys.OrderByDescending(key => key.Kind is CollateralKind.RootCaCrl or CollateralKind.SnpChain))
        {
            context.Console.Detail($"fetching {key.ToLogText()}");
            var fetch = key.IsImmutable ? CollateralFetch.WhenMissing : CollateralFetch.Always;
            var outcome = await service.GetAsync(key, fetch, cancellationToken);
            await CollateralStoreOptions.RequireKeptAsync(store, outcome, cancellationToken);
            results.Add(new FetchedCollateral(key, outcome));
            Account(context.Console, results[^1]);
        }

        Write(context.Console, results);
        return ExitCodeOf(results);
    }

    // How far it is: some sources let one wait. Why something failed is said once, with the result.
    private static void Account(ConsoleOutput console, FetchedCollateral result) => console.Note(ErrorText.OneLine(
        $"{result.Key.ToLogText()}: {(result.IsFound ? "verified and kept" : result.Word)}"));

    // The certificate says which platform it is; with it comes everything else that the quote needs.
    private static async Task<FetchedCollateral> FetchWithCertificateAsync(
        CollateralService service, DcapCollateralQuery query, CancellationToken cancellationToken)
    {
        if (query.PckCertificate is not { } wanted)
        {
            throw CliException.BadInput("a quote does not say which platform it is of", "Name the platform with --fmspc.");
        }

        var pceId = wanted.PceId.Length == 2 ? Convert.ToHexString(wanted.PceId.Span) : "0000";
        var (_, outcome) = await service.FindDcapAsync(query, CollateralFetch.WhenMissing, cancellationToken);
        return new FetchedCollateral(CollateralKey.PckCertificates(Convert.ToHexString(wanted.QeId.Span), pceId), outcome);
    }

    private static int ExitCodeOf(List<FetchedCollateral> results)
    {
        var failed = results.Where(result => !result.IsFound).ToList();
        return failed.Count == 0 ? ExitCode.Success
            : !failed.Exists(result => result.IsTransient) ? ExitCode.Refused
            : failed.Count < results.Count ? ExitCode.Partial
            : ExitCode.Unreachable;
    }

    private static void Write(ConsoleOutput console, List<FetchedCollateral> results)
    {
        if (console.Format is OutputFormat.Table)
        {
            var table = new TextTable("RESULT", "COLLATERAL", "VALID UNTIL", "SOURCE");
            foreach (var result in results)
            {
                var collateral = result.Outcome.Collateral;
                table.Add(
                    result.IsFound ? Tone.Good : Tone.Bad, result.Word, result.Key.ToLogText(), CollateralTable.Day(collateral?.NotAfter),
                    ErrorText.OneLine(collateral?.Source ?? "-"));
            }

            table.Write(console);
            CollateralTable.WriteReasons(console, results.Select(result => (result.Word, result.Key, result.Outcome.Problem)));
            return;
        }

        console.WriteDocument(json =>
        {
            json.WriteString("apiVersion", ApiVersion.V1);
            json.WriteStartArray("fetched");
            foreach (var result in results)
            {
                json.WriteStartObject();
                json.WriteString("key", result.Key.ToString());
                json.WriteString("result", result.Word);
                CollateralTable.WriteDetails(json, result.Outcome.Collateral);
                json.WriteString("problem", result.Outcome.Problem);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    /// <summary>What became of one piece.</summary>
    private sealed record FetchedCollateral(CollateralKey Key, CollateralOutcome Outcome)
    {
        public bool IsFound => Outcome.Status is CollateralStatus.Found;

        public bool IsTransient => Outcome.Status is CollateralStatus.UpstreamFailed or CollateralStatus.UpstreamBusy;

        public string Word => Outcome.Status switch
        {
            CollateralStatus.Found => "fetched",
            CollateralStatus.Stale or CollateralStatus.Expired => "expired",
            CollateralStatus.NotVerifiable => "unverifiable",
            CollateralStatus.UpstreamFailed => "unreachable",
            CollateralStatus.UpstreamBusy => Outcome.IsAfterFailure ? "unreachable" : "busy",
            CollateralStatus.NotFound or CollateralStatus.PlatformUnknown or CollateralStatus.CertificateUnavailable => "not found",
            _ => throw new InvalidOperationException($"The status {Outcome.Status} has no word."),
        };
    }
}
