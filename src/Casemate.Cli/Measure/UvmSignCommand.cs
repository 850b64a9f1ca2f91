using System.CommandLine;
using Casemate.Attestation.Cose;
using Casemate.Attestation.Policy;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Measurement.Endorsement;
using Casemate.Primitives;

namespace Casemate.Cli.Measure;

/// <summary><c>casemate measure uvm sign</c>.</summary>
internal sealed class UvmSignCommand : CliCommand
{
    private readonly Option<string> _measurement = new("--measurement")
    {
        Description = "The launch measurement of the image: 96 hex digits.",
        HelpName = "HEX",
        Required = true,
    };

    private readonly Option<long> _svn = new("--svn")
    {
        Description = "The image's security version, 0 or more: raise it with every fix, so that older images can be refused.",
        HelpName = "N",
        Required = true,
    };

    private readonly Option<string> _feed = new("--feed") { Description = "Which image it is.", HelpName = "NAME", Required = true };

    private readonly Option<string> _issuer = new("--issuer")
    {
        Description = "The publisher's did:x509 identifier. Default: made from the last certificate and --eku.",
        HelpName = "DID",
    };

    private readonly Option<string> _eku = new("--eku")
    {
        Description = "The purpose (extended key usage) of the publisher's certificate that its identifier names.",
        HelpName = "OID",
    };

    private readonly Option<bool> _claims = new("--cwt-claims")
    {
        Description = "Name issuer and feed as claims of a CBOR Web Token (RFC 9597) instead of the older parameters 'iss' and 'feed'.",
    };

    private readonly Option<bool> _noTime = new("--no-signing-time") { Description = "Do not say when it was signed." };

    private readonly Option<string> _out = new("--out") { Description = "Where the statement goes.", HelpName = "FILE", Required = true };

    private readonly SigningInput _signing = new();

    public UvmSignCommand()
        : base(
            "sign", "Sign a statement that a launch measurement is that of your guest image. It is verified before it is written.",
            new CommandExample(
                "For a measured image",
                "casemate measure uvm sign --measurement HEX --svn 1 --feed guests --eku 1.3.6.1.4.1.311.76.59.1.2 "
                + "--key key.pem --certificates chain.pem --out guest.cose"))
    {
        foreach (var option in (ReadOnlySpan<Option>)[_measurement, _svn, _feed, _issuer, _eku, _claims, _noTime, _out])
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
        var measurement = MeasureFiles.Hex("--measurement", arguments.GetRequiredValue(_measurement), 48);
        var (target, svn, feed) = (arguments.GetRequiredValue(_out), arguments.GetRequiredValue(_svn), arguments.GetRequiredValue(_feed));
        if (svn < 0 || feed.Length == 0)
        {
            throw CliException.Usage("--svn is 0 or more, and --feed not empty");
        }

        OutputFile.Require("--out", target);
        using var key = _signing.ReadKey(arguments);
        var certificates = _signing.ReadCertificates(arguments, key);
        if (certificates.Count < 2)
        {
            throw CliException.Usage(
                "--certificates names at least two: the publisher's and that of the CA above it",
                "A publisher is known by its CA, so that its own certificate can be renewed.");
        }

        var issuer = (arguments.GetValue(_issuer), arguments.GetValue(_eku)) switch
        {
            ({ Length: > 0 } did, null) => did,
            (null, { Length: > 0 } purpose) => GuestImageStatement.IssuerOf(certificates[^1].Span, purpose),
            _ => throw CliException.Usage("name one of --issuer and --eku"),
        };
        var statement = new GuestImageStatement
        {
            Issuer = issuer,
            Feed = feed,
            LaunchMeasurement = measurement,
            Svn = svn,
            SigningTime = arguments.GetValue(_noTime) ? null : context.Now,
            UsesClaims = arguments.GetValue(_claims),
        };
        var message = Sign(statement, certificates, key);
        Check(message, issuer, feed, context.Now);
        OutputFile.Write("--out", target, message, OutputFile.Readable);
        Report(context.Console, target, issuer, feed);
        return Task.FromResult(ExitCode.Success);
    }

    private static byte[] Sign(
        GuestImageStatement statement, IReadOnlyList<ReadOnlyMemory<byte>> certificates, Casemate.Primitives.Cose.CoseSigningKey key)
    {
        try
        {
            return statement.Sign(certificates, key);
        }
        catch (ArgumentException failure)
        {
            throw CliException.BadInput($"the statement cannot be made: {ErrorText.Reason(failure)}", cause: failure);
        }
    }

    // What nobody would accept is better known before it is published.
    private static void Check(byte[] message, string issuer, string feed, DateTimeOffset now)
    {
        var verdict = GuestImageVerifier.Verify(message, now, new GuestImagePolicy { Signers = [new TrustedImageSigner(issuer, feed, 0)] });
        if (!verdict.Accepted)
        {
            throw new CliException(
                ExitCode.BadInput, "a statement signed so would not be accepted",
                "Use certificates with the purpose that the identifier names, valid now, the publisher's first.")
            {
                Findings = [.. verdict.Reasons.Select(check => ErrorText.OneLine($"{check.Id}: {check.Actual}"))],
            };
        }
    }

    private static void Report(ConsoleOutput console, string target, string issuer, string feed)
    {
        if (console.Format is OutputFormat.Table)
        {
            console.Out.WriteLine(ErrorText.OneLine($"{target}: signed; issuer {issuer}, feed {feed}"));
            return;
        }

        console.WriteDocument(json =>
        {
            json.WriteString("apiVersion", ApiVersion.V1);
            json.WriteString("file", target);
            json.WriteString("issuer", issuer);
            json.WriteString("feed", feed);
        });
    }
}
