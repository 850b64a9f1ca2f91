using System.CommandLine;
using System.Text;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Primitives;
using Casemate.Primitives.Cose;

namespace Casemate.Cli.Measure;

/// <summary><c>casemate measure corim verify</c>.</summary>
internal sealed class CorimVerifyCommand : CliCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "A signed manifest (CoRIM in COSE_Sign1)." };

    private readonly Option<string> _key = new("--public-key")
    {
        Description = "The public key (PEM) of the signer that you trust. Certificates in the message are not used.",
        HelpName = "FILE",
        Required = true,
    };

    public CorimVerifyCommand()
        : base(
            "verify", "Verify the signature of a manifest with a key that you trust, and that it keeps to its profile. Exit code 1: refused.",
            new CommandExample("With the publisher's key", "casemate measure corim verify guest.corim --public-key publisher.pub.pem"))
    {
        Add(_file);
        Add(_key);
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var path = context.Arguments.GetRequiredValue(_file);
        var manifest = CorimFile.Read(path);
        if (manifest.Signed is not { } signed)
        {
            throw CliException.BadInput($"{path} is not signed", "'casemate measure corim show' prints what it says.");
        }

        var isValid = Verify(context.Arguments.GetRequiredValue(_key), signed.Message);
        var accepted = isValid && manifest.Conformance == "conforms";
        if (context.Console.Format is OutputFormat.Table)
        {
            context.Console.Out.WriteLine(isValid
                ? context.Console.Paint(Tone.Good, "the signature is valid")
                : context.Console.Paint(Tone.Bad, "the signature is not that of the key"));
            manifest.WriteText(context.Console);
        }
        else
        {
            context.Console.WriteDocument(json =>
            {
                json.WriteString("apiVersion", ApiVersion.V1);
                json.WriteBoolean("accepted", accepted);
                json.WriteBoolean("signatureValid", isValid);
                manifest.WriteJson(json);
            });
        }

        return Task.FromResult(accepted ? ExitCode.Success : ExitCode.Refused);
    }

    private static bool Verify(string path, CoseSign1 message)
    {
        var pem = Encoding.Latin1.GetString(InputFile.Read("--public-key", path, 64 * 1024));
        return CosePublicKey.TryRead(pem, out var key, out var error)
            ? Check(key, message)
            : throw CliException.BadInput($"--public-key: '{path}' is {error}");

        static bool Check(CosePublicKey key, CoseSign1 message)
        {
            using (key)
            {
                return key.Verify(message);
            }
        }
    }
}
