using System.CommandLine;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Measurement.Corim;
using Casemate.Primitives;

namespace Casemate.Cli.Measure;

/// <summary><c>casemate measure corim make</c>.</summary>
internal sealed class CorimMakeCommand : CliCommand
{
    private readonly Option<string> _id = new("--id") { Description = "The image's name, as its publisher calls it.", HelpName = "NAME" };

    private readonly Option<string> _platform = new("--platform") { Description = "tdx or snp.", HelpName = "NAME", Required = true };

    private readonly Option<string[]> _values = new("--value")
    {
        Description = "A value that evidence will have, as KEY=HEX. For tdx: MRTD, RTMR0 to RTMR3, MRCONFIGID; for snp: MEASUREMENT, HOST_DATA "
            + "(the hash of a policy); for both: VERITY_ROOT/NAME. Repeatable.",
        HelpName = "KEY=HEX",
        Required = true,
    };

    private readonly Option<long?> _svn = new("--svn") { Description = "The image's security version, 0 or more.", HelpName = "N" };

    private readonly Option<bool> _launch = new("--launch-measurement-profile")
    {
        Description = "Make a manifest as IGVM files carry it: one launch measurement and --svn, nothing else.",
    };

    private readonly Option<string> _signer = new("--signer-name")
    {
        Description = "What the signer calls itself, with --key.",
        HelpName = "NAME",
    };

    private readonly Option<string> _out = new("--out") { Description = "Where the manifest goes.", HelpName = "FILE", Required = true };

    private readonly SigningInput _signing = new();

    public CorimMakeCommand()
        : base(
            "make", "Make a manifest of reference values for a guest image, signed with --key.",
            new CommandExample(
                "A TD, signed",
                "casemate measure corim make --id shop/guest --platform tdx --value MRTD=HEX --value RTMR1=HEX --svn 3 "
                + "--key key.pem --signer-name Shop --out guest.corim"),
            new CommandExample(
                "As IGVM files carry it",
                "casemate measure corim make --launch-measurement-profile --platform snp --value MEASUREMENT=HEX --svn 3 --out guest.corim"))
    {
        foreach (var option in (ReadOnlySpan<Option>)[_id, _platform, _values, _svn, _launch, _signer, _out])
        {
            Add(option);
        }

        foreach (var option in _signing.All)
        {
            Add(option);
        }
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var arguments = context.Arguments;
        var target = arguments.GetRequiredValue(_out);
        OutputFile.Require("--out", target);
        var isSigned = _signing.HasKey(arguments);
        if (!isSigned && (arguments.GetValue(_signer) is not null || _signing.HasCertificates(arguments)))
        {
            throw CliException.Usage("--signer-name and --certificates are for a manifest that is signed", "Add --key FILE, or leave them out.");
        }

        var document = Make(arguments);
        var unsigned = Encode(document);
        OutputFile.Write("--out", target, isSigned ? Sign(arguments, document) : unsigned, OutputFile.Readable);
        if (context.Console.Format is OutputFormat.Table)
        {
            context.Console.Out.WriteLine(ErrorText.OneLine($"{target}: {document.Id}, {(isSigned ? "signed" : "not signed")}"));
        }
        else
        {
            context.Console.WriteDocument(json =>
            {
                json.WriteString("apiVersion", ApiVersion.V1);
                json.WriteString("file", target);
                new CorimFile(document, null).WriteJson(json);
            });
        }

        return Task.FromResult(ExitCode.Success);
    }

    private CorimDocument Make(ParseResult arguments)
    {
        var platform = arguments.GetRequiredValue(_platform) switch
        {
            "tdx" => CorimEnvironment.Tdx,
            "snp" => CorimEnvironment.Snp,
            var other => throw CliException.Usage($"--platform: '{other}' is not known", "Name tdx or snp."),
        };
        var values = Values(arguments.GetRequiredValue(_values), platform);
        var svn = arguments.GetValue(_svn);
        if (svn < 0)
        {
            throw CliException.Usage("--svn is 0 or more");
        }

        var (id, launch) = (arguments.GetValue(_id), arguments.GetValue(_launch));
        if (launch)
        {
            if (id is not null)
            {
                throw CliException.Usage("--launch-measurement-profile gives the manifest its name", "Leave --id out.");
            }

            return values is [var (key, value)] && key == LaunchKey(platform) && svn is { } number
                ? LaunchMeasurementProfile.Create(platform, value, number)
                : throw CliException.Usage(
                    $"--launch-measurement-profile takes one --value, {LaunchKey(platform)}, and --svn",
                    "Leave the other values out, or make a manifest without --launch-measurement-profile.");
        }

        return GuestImageProfile.Create(
            id ?? throw CliException.Usage("--id is missing", "Name the image: --id NAME."), platform, values, svn);
    }

    // What nobody could read is better known before it is published.
    private static byte[] Encode(CorimDocument document)
    {
        var bytes = document.ToBytes();
        return CorimDocument.TryRead(bytes, out _, out var error) ? bytes : throw CliException.Usage(
            $"a manifest of these values cannot be read: {error}", "Shorten --id or the name of a verity root, or name fewer values.");
    }

    private static string LaunchKey(CorimEnvironment platform) => platform == CorimEnvironment.Tdx ? "MRTD" : "MEASUREMENT";

    private static (string Key, ReadOnlyMemory<byte> Value)[] Values(string[] texts, CorimEnvironment platform)
    {
        var values = texts.Select(text => Value(text, platform)).ToArray();
        return values.GroupBy(value => value.Key, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice
            ? throw CliException.Usage($"--value names '{twice.Key}' twice", "Name each value once; another guest image has a manifest of its own.")
            : values;
    }

    private static (string Key, ReadOnlyMemory<byte> Value) Value(string text, CorimEnvironment platform)
    {
        if (text.Split('=', 2) is not [{ Length: > 0 } key, { Length: > 0 } digits])
        {
            throw CliException.Usage($"--value '{text}' is not KEY=HEX", $"Write it as {LaunchKey(platform)}=HEX.");
        }

        var known = string.Join(", ", GuestImageProfile.KeysOf(platform));
        var size = GuestImageProfile.SizeOf(platform, key) ?? throw CliException.Usage(
            $"--value '{key}' is no value that evidence of {platform} has", $"Name one of {known}, or {GuestImageProfile.VerityRoot}NAME.");
        return (key, MeasureFiles.Hex($"--value {key}", digits, size));
    }

    private byte[] Sign(ParseResult arguments, CorimDocument document)
    {
        using var key = _signing.ReadKey(arguments);
        var name = arguments.GetValue(_signer) ?? throw CliException.Usage(
            "--signer-name is missing", "Say who signs: --signer-name NAME.");
        try
        {
            return SignedCorim.Sign(document, name, _signing.ReadCertificates(arguments, key), key);
        }
        catch (ArgumentException failure)
        {
            throw CliException.BadInput($"the manifest cannot be signed: {ErrorText.Reason(failure)}", cause: failure);
        }
    }
}
