using System.CommandLine;
using System.Globalization;
using Casemate.Attestation;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Snp;
using Casemate.Cli.Commands;
using Casemate.Cli.Verify;
using Casemate.Collateral;
using Casemate.Collateral.Store;

namespace Casemate.Cli.Collateral;

/// <summary>Turns platforms and evidence, as a command line names them, into the pieces of collateral that they need.</summary>
internal sealed class WantedCollateral
{
    private readonly Option<string[]> _evidence = new("--from-evidence")
    {
        Description = "Evidence whose collateral is wanted; '-' reads standard input. Repeatable.",
        HelpName = "FILE",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string[]> _fmspc = new("--fmspc")
    {
        Description = "An SGX or TDX platform, by its FMSPC: 12 hex digits. Repeatable.",
        HelpName = "HEX",
    };

    private readonly Option<string[]> _tee = new Option<string[]>("--tee")
    {
        Description = "With --fmspc: for which TEE. Repeatable. Default: both.",
        HelpName = "sgx|tdx",
    }.AcceptOnlyFromAmong("sgx", "tdx");

    private readonly Option<string> _ca = new Option<string>("--ca")
    {
        Description = "With --fmspc: which CA issued the platform's certificate. Default: the lists of both are fetched.",
        HelpName = "platform|processor",
    }.AcceptOnlyFromAmong("platform", "processor");

    private readonly Option<string[]> _product = new Option<string[]>("--product")
    {
        Description = "An AMD product line: its issuers and their revocation list. Repeatable.",
        HelpName = "milan|genoa|turin",
    }.AcceptOnlyFromAmong("milan", "genoa", "turin");

    private readonly Option<string> _chipId = new("--hwid")
    {
        Description = "With one --product and --tcb: the chip whose VCEK is wanted; 128 hex digits, for Turin 16.",
        HelpName = "HEX",
    };

    private readonly Option<string> _tcb = new("--tcb")
    {
        Description = "With --hwid: the chip's reported TCB, such as bl=4,tee=0,snp=22,ucode=213, for Turin with fmc= before.",
        HelpName = "LEVELS",
    };

    private readonly Option<string> _update = new("--tcb-update")
    {
        Description = "Which TCB info: standard, early, or a tcbEvaluationDataNumber. Default: standard.",
        HelpName = "standard|early|NUMBER",
    };

    private readonly Option<bool> _numbers = new("--evaluation-numbers")
    {
        Description = "The generations of TCB infos that Intel keeps up, for SGX and TDX: what --tcb-update NUMBER may pin.",
    };

    private readonly Option<string> _families = new Option<string>("--families")
    {
        Description = "The list of Intel's platform families (FMSPCs). Nobody signs it: it says what there is to fetch, no more.",
        HelpName = "all|client|e3|e5",
    }.AcceptOnlyFromAmong("all", "client", "e3", "e5");

    /// <summary>The options, to be added to a command.</summary>
    public IReadOnlyList<Option> All => [_evidence, _fmspc, _tee, _ca, _product, _chipId, _tcb, _update, _numbers, _families];

    /// <summary>The generation of TCB infos that is wanted.</summary>
    /// <exception cref="CliException">It is none (exit code 2).</exception>
    public TcbUpdate Update(ParseResult arguments) => arguments.GetValue(_update) is not { } text ? TcbUpdate.Standard
        : TcbUpdate.TryParse(text, out var update) ? update
        : throw CliException.Usage($"--tcb-update '{text}' is not standard, early or a number");

    /// <summary>The pieces, each once, and the quotes that do not carry their PCK certificate.</summary>
    /// <exception cref="MalformedInputException">A piece of evidence cannot be read.</exception>
    /// <exception cref="CliException">Nothing is wanted, or an option makes no sense (exit code 2).</exception>
    public (IReadOnlyList<CollateralKey> Keys, IReadOnlyList<DcapCollateralQuery> WithoutCertificate) Read(CommandContext context)
    {
        var arguments = context.Arguments;
        var update = Update(arguments);
        var keys = new List<CollateralKey>();
        var withoutCertificate = new List<DcapCollateralQuery>();
        try
        {
            foreach (var path in arguments.GetValue(_evidence) ?? [])
            {
                AddEvidence(EvidenceInput.Read(context, path), update, keys, withoutCertificate);
            }

            AddPlatforms(arguments, update, keys);
            AddProducts(arguments, keys);
            AddLists(arguments, keys);
        }
        catch (ArgumentException exception)
        {
            throw CliException.Usage(exception.Message.Split(" (Parameter", 2)[0]);
        }

        return keys.Count + withoutCertificate.Count > 0
            ? ([.. keys.Distinct()], withoutCertificate)
            : throw CliException.Usage(
                "nothing says what is wanted",
                "Name evidence with --from-evidence, platforms with --fmspc, or AMD's lines with --product.");
    }

    private static void AddEvidence(
        EvidenceFile evidence, TcbUpdate update, List<CollateralKey> keys, List<DcapCollateralQuery> withoutCertificate)
    {
        if (evidence.Tee is Tee.Snp && SnpEndorsementQuery.TryCreate(evidence.Evidence.Span) is { } chip)
        {
            if (chip.Product is not { } product)
            {
                throw CliException.BadInput(
                    $"{evidence.Name} is a report that does not name its product line",
                    "Name line, chip and TCB yourself with --product, --hwid and --tcb.");
            }

            var tcb = SnpTcb.Decode(Convert.FromHexString(chip.ReportedTcb), product);
            if (chip.Signer is not (SnpSigner.Vcek or SnpSigner.Vlek))
            {
                throw CliException.BadInput($"{evidence.Name} is not signed: there is nothing to fetch for it");
            }

            // A VCEK is kept with its issuers; where the evidence brings its key's certificate, they are wanted alone.
            keys.Add(chip.Signer is SnpSigner.Vcek && chip.ChipId.Length > 0
                ? CollateralKey.Vcek(product, chip.ChipId, tcb)
                : CollateralKey.SnpChain(product, chip.Signer));
            keys.Add(CollateralKey.SnpCrl(product, chip.Signer));
            return;
        }

        if (evidence.Tee is not (Tee.Sgx or Tee.Tdx) || DcapCollateralQuery.TryCreate(evidence.Evidence.Span) is not { } query)
        {
            throw CliException.BadInput($"{evidence.Name} is no quote or report of a processor whose collateral can be fetched");
        }

        if (query.Fmspc.Length != 12)
        {
            withoutCertificate.Add(query);
            return;
        }

        AddPlatform(query.Tee, query.Fmspc, [query.PlatformCa], update, keys);
    }

    private void AddPlatforms(ParseResult arguments, TcbUpdate update, List<CollateralKey> keys)
    {
        bool[] authorities = arguments.GetValue(_ca) switch { "platform" => [true], "processor" => [false], _ => [true, false] };
        var tees = arguments.GetValue(_tee) is { Length: > 0 } named ? named : ["sgx", "tdx"];
        foreach (var fmspc in arguments.GetValue(_fmspc) ?? [])
        {
            foreach (var tee in tees)
            {
                AddPlatform(tee == "tdx" ? Tee.Tdx : Tee.Sgx, fmspc, authorities, update, keys);
            }
        }
    }

    private void AddLists(ParseResult arguments, List<CollateralKey> keys)
    {
        if (arguments.GetValue(_numbers))
        {
            keys.Add(CollateralKey.TcbEvaluationNumbers(Tee.Sgx));
            keys.Add(CollateralKey.TcbEvaluationNumbers(Tee.Tdx));
        }

        if (arguments.GetValue(_families) is { } families)
        {
            keys.Add(CollateralKey.Fmspcs(Enum.Parse<PlatformSelection>(families, ignoreCase: true)));
        }
    }

    private static void AddPlatform(Tee tee, string fmspc, bool[] authorities, TcbUpdate update, List<CollateralKey> keys)
    {
        keys.Add(CollateralKey.RootCaCrl());
        keys.AddRange(authorities.Select(CollateralKey.PckCrl));
        keys.Add(CollateralKey.TcbInfo(tee, fmspc, update));
        keys.Add(CollateralKey.QeIdentity(tee, update));
    }

    private void AddProducts(ParseResult arguments, List<CollateralKey> keys)
    {
        var products = (arguments.GetValue(_product) ?? [])
            .Select(name => Enum.Parse<SnpProduct>(name, ignoreCase: true)).Distinct().ToList();
        var (chipId, levels) = (arguments.GetValue(_chipId), arguments.GetValue(_tcb));
        if ((chipId is null) != (levels is null) || (chipId is not null && products.Count != 1))
        {
            throw CliException.Usage("a VCEK is named by --hwid, --tcb and one --product together");
        }

        foreach (var product in products)
        {
            keys.Add(CollateralKey.SnpChain(product, SnpSigner.Vcek));
            keys.Add(CollateralKey.SnpCrl(product));
        }

        if (chipId is not null)
        {
            keys.Add(CollateralKey.Vcek(products[0], chipId, ReadTcb(levels!, products[0])));
        }
    }

    private static SnpTcb ReadTcb(string text, SnpProduct product)
    {
        var levels = new Dictionary<string, byte>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (part.Split('=') is not [var name, var value]
                || !byte.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var level) || !levels.TryAdd(name, level))
            {
                throw CliException.Usage($"--tcb: '{part}' is not NAME=LEVEL with a level from 0 to 255");
            }
        }

        string[] wanted = product is SnpProduct.Turin ? ["fmc", "bl", "tee", "snp", "ucode"] : ["bl", "tee", "snp", "ucode"];
        return levels.Count == wanted.Length && wanted.All(levels.ContainsKey)
            ? new SnpTcb(product is SnpProduct.Turin ? levels["fmc"] : null, levels["bl"], levels["tee"], levels["snp"], levels["ucode"])
            : throw CliException.Usage($"--tcb of {product} names just {string.Join(", ", wanted)}");
    }
}
