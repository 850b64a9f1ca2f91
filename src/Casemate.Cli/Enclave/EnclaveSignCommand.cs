using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Measurement.Enclave;
using Casemate.Primitives;

namespace Casemate.Cli.Enclave;

/// <summary><c>casemate enclave sign</c>.</summary>
internal sealed class EnclaveSignCommand : CliCommand
{
    private readonly Argument<string> _file = new("FILE")
    {
        Description = "An enclave of Open Enclave, one of the Intel SDK that was signed before, or a Gramine manifest (.manifest.sgx).",
    };

    private readonly Option<string> _key = new("--key")
    {
        Description = "The private key that signs (PEM, not encrypted): RSA with 3072 bits and exponent 3.",
        HelpName = "FILE",
    };

    private readonly Option<string> _out = new("--out")
    {
        Description = "Where the signed enclave goes; for Gramine, the signature file (.sig).",
        HelpName = "FILE",
    };

    private readonly Option<string> _date = new("--date")
    {
        Description = "The date of signing, as 2026-11-20. Default: today (UTC).",
        HelpName = "DATE",
    };

    private readonly Option<string> _emit = new("--emit-tbs")
    {
        Description = "Write what is to be signed, 256 bytes, for a signer elsewhere; several are numbered FILE.1, FILE.2.",
        HelpName = "FILE",
    };

    private readonly Option<string[]> _attach = new("--attach-signature")
    {
        Description = "Complete the enclave with a signature made elsewhere (RSA PKCS #1 v1.5, SHA-256, binary). Repeatable, in order.",
        HelpName = "FILE",
    };

    private readonly Option<string[]> _tbs = new("--tbs")
    {
        Description = "What --emit-tbs wrote, with --attach-signature. Repeatable, in order.",
        HelpName = "FILE",
    };

    private readonly Option<string> _publicKey = new("--public-key")
    {
        Description = "The public key (PEM) of the signer elsewhere, with --attach-signature.",
        HelpName = "FILE",
    };

    private readonly EnclaveInput _input = new();

    public EnclaveSignCommand()
        : base(
            "sign",
            "Measure an enclave and sign it, with a key at hand or one that never leaves its place. "
            + "What is signed besides the measurement is taken from the enclave's own settings.",
            new CommandExample("With a key at hand", "casemate enclave sign enclave.so --key key.pem --out enclave.signed.so"),
            new CommandExample("First step without the key", "casemate enclave sign enclave.so --emit-tbs enclave.tbs"),
            new CommandExample("Where the key is", "openssl dgst -sha256 -sign key.pem -out enclave.rsa enclave.tbs"),
            new CommandExample(
                "Last step",
                "casemate enclave sign enclave.so --tbs enclave.tbs --attach-signature enclave.rsa "
                + "--public-key key.pub.pem --out enclave.signed.so"),
            new CommandExample("A Gramine enclave",
                "casemate enclave sign app.manifest.sgx --libpal libpal.so --gramine-release 1.8 --key key.pem --out app.sig"))
    {
        Add(_file);
        foreach (var option in (ReadOnlySpan<Option>)[_key, _out, _date, _emit, _attach, _tbs, _publicKey])
        {
            Add(option);
        }

        foreach (var option in _input.All)
        {
            Add(option);
        }
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var arguments = context.Arguments;
        var file = arguments.GetRequiredValue(_file);
        var (key, emit, attach) = (arguments.GetValue(_key), arguments.GetValue(_emit), arguments.GetValue(_attach) ?? []);
        if ((key is null ? 0 : 1) + (emit is null ? 0 : 1) + (attach.Length > 0 ? 1 : 0) != 1)
        {
            throw CliException.Usage(
                "name one of --key, --emit-tbs and --attach-signature", "Sign with a key at hand (--key), or in two steps without it.");
        }

        var date = ReadDate(context);
        if (emit is not null)
        {
            Emit(context, _input.Prepare(arguments, file, date), emit);
            return Task.FromResult(ExitCode.Success);
        }

        var target = arguments.GetValue(_out) ?? throw CliException.Usage(
            "--out is missing", "Name the file for the signed enclave: --out FILE.");
        OutputFile.Require("--out", target);
        var signing = _input.Prepare(arguments, file, date);
        var signed = key is not null ? SignWith(key, signing) : Attach(arguments, signing, attach);
        var structures = CheckResult(context, file, signed);
        OutputFile.Write("--out", target, signed, OutputFile.Readable);
        Report(context.Console, target, structures);
        WarnOfFindings(context, target, structures);
        return Task.FromResult(ExitCode.Success);
    }

    private static byte[] SignWith(string path, EnclaveSigning signing) => EnclaveInput.Guard(path, () =>
    {
        using var key = EnclaveSigningKey.FromPem(ReadText(path), needsPrivate: true);
        return signing.Sign(key);
    });

    private byte[] Attach(ParseResult arguments, EnclaveSigning signing, string[] signatures)
    {
        var texts = arguments.GetValue(_tbs) ?? [];
        var publicKey = arguments.GetValue(_publicKey)
            ?? throw CliException.Usage("--attach-signature takes --public-key", "Name the signer's public key: --public-key FILE.");
        if (texts.Length == 0)
        {
            throw CliException.Usage("--attach-signature takes --tbs", "Name what was signed, as --emit-tbs wrote it.");
        }

        using var key = EnclaveInput.Guard(publicKey, () => EnclaveSigningKey.FromPem(ReadText(publicKey), needsPrivate: false));
        return EnclaveInput.Guard(string.Join(", ", signatures), () => signing.Attach(
            key, [.. texts.Select(path => EnclaveInput.Read(path, SigStruct.ToBeSignedSize))],
            [.. signatures.Select(path => EnclaveInput.Read(path, 4 * SigStruct.KeySize))]));
    }

    private static string ReadText(string path) => Encoding.Latin1.GetString(EnclaveInput.Read(path, EnclaveSigningKey.MaxPemLength));

    private static void Emit(CommandContext context, EnclaveSigning signing, string path)
    {
        var texts = signing.ToBeSigned;
        var written = new List<string>();
        foreach (var (text, i) in texts.Select((text, i) => (text, i)))
        {
            written.Add(texts.Count == 1 ? path : string.Create(CultureInfo.InvariantCulture, $"{path}.{i + 1}"));
            OutputFile.Write("--emit-tbs", written[^1], text, OutputFile.Readable);
        }

        if (context.Console.Format is OutputFormat.Table)
        {
            foreach (var name in written)
            {
                context.Console.Out.WriteLine(ErrorText.OneLine(
                    $"{name}: sign it with RSA PKCS #1 v1.5 and SHA-256, then --attach-signature"));
            }

            return;
        }

        context.Console.WriteDocument(json =>
        {
            json.WriteString("apiVersion", ApiVersion.V1);
            json.WriteStartArray("toBeSigned");
            foreach (var (name, text) in written.Zip(texts))
            {
                json.WriteStartObject();
                json.WriteString("file", name);
                json.WriteString("sha256", Convert.ToHexStringLower(SHA256.HashData(text)));
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    // The signature must not change what it signs: a section that is measured with it could never match.
    private static IReadOnlyList<ReadOnlyMemory<byte>> CheckResult(CommandContext context, string file, byte[] signed)
    {
        if (EnclaveInput.IsGramine(file))
        {
            return [signed];
        }

        var variants = EnclaveInput.Guard(file, () => EnclaveFile.Inspect(signed, context.Now)).Variants;
        return variants.All(variant => variant.State is MrEnclaveState.Matches)
            ? [.. variants.Select(variant => variant.SigStruct)]
            : throw CliException.BadInput(
                $"{file}: its signature structure lies in a part that is measured, so no signature can fit",
                "Link the enclave as its kit does: .note.sgxmeta is not loaded, .oeinfo is as the kit's macro writes it.");
    }

    private static void Report(ConsoleOutput console, string target, IReadOnlyList<ReadOnlyMemory<byte>> structures)
    {
        if (console.Format is OutputFormat.Table)
        {
            foreach (var bytes in structures)
            {
                _ = SigStruct.TryRead(bytes.Span, out var structure);
                console.Out.WriteLine(ErrorText.OneLine(
                    $"{target}: signed; MRENCLAVE {Convert.ToHexStringLower(structure.MrEnclave)}, "
                    + $"MRSIGNER {Convert.ToHexStringLower(structure.MrSigner)}"));
            }

            return;
        }

        console.WriteDocument(json =>
        {
            json.WriteString("apiVersion", ApiVersion.V1);
            json.WriteString("file", target);
            json.WriteStartArray("signatures");
            foreach (var bytes in structures)
            {
                _ = SigStruct.TryRead(bytes.Span, out var structure);
                json.WriteStartObject();
                json.WriteString("mrEnclave", Convert.ToHexStringLower(structure.MrEnclave));
                json.WriteString("mrSigner", Convert.ToHexStringLower(structure.MrSigner));
                json.WriteNumber("productId", structure.ProductId);
                json.WriteNumber("securityVersion", structure.SecurityVersion);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        });
    }

    // What inspection will call an error is better known before the enclave is shipped.
    private static void WarnOfFindings(CommandContext context, string target, IReadOnlyList<ReadOnlyMemory<byte>> structures)
    {
        var seen = new HashSet<EnclaveFindingId>();
        foreach (var bytes in structures)
        {
            _ = SigStruct.TryRead(bytes.Span, out var structure);
            foreach (var finding in EnclaveLint.Examine(structure, context.Now))
            {
                if (finding.Severity is EnclaveFindingSeverity.Error && seen.Add(finding.Id))
                {
                    context.Console.Warn(ErrorText.OneLine($"{target}: {finding.Message}"));
                }
            }
        }
    }

    private DateOnly ReadDate(CommandContext context)
    {
        if (context.Arguments.GetValue(_date) is not { } text)
        {
            return DateOnly.FromDateTime(context.Now.UtcDateTime);
        }

        return DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
            ? date : throw CliException.Usage($"--date '{text}' is no date", "Write it as 2026-11-20.");
    }
}
