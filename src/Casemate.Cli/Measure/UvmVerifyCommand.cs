using System.CommandLine;
using Casemate.Attestation;
using Casemate.Attestation.Cose;
using Casemate.Attestation.Policy;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Cli.Verify;
using Casemate.Primitives.Cose;

namespace Casemate.Cli.Measure;

/// <summary><c>casemate measure uvm verify</c>.</summary>
internal sealed class UvmVerifyCommand : CliCommand
{
    private const int MeasurementSize = 48;

    private readonly Argument<string> _file = new("FILE") { Description = "The statement (COSE_Sign1), such as reference_info.cose." };

    private readonly Option<string> _issuer = new("--issuer")
    {
        Description = "The did:x509 identifier of the publisher that is trusted.",
        HelpName = "DID",
        Required = true,
    };

    private readonly Option<string> _feed = new("--feed") { Description = "The image that is wanted.", HelpName = "NAME", Required = true };

    private readonly Option<long> _svn = new("--min-svn") { Description = "The lowest security version that passes. Default: 0.", HelpName = "N" };

    private readonly Option<string> _measurement = new("--measurement")
    {
        Description = "The launch measurement that it must be about: 96 hex digits. Default: any.",
        HelpName = "HEX",
    };

    private readonly Option<bool> _time = new("--trust-claimed-signing-time")
    {
        Description = "Accept certificates that have expired since the time at which the publisher says it signed.",
    };

    public UvmVerifyCommand()
        : base(
            "verify", "Verify a publisher's statement about a guest image, and print the launch measurement that it names. Exit code 1: refused.",
            new CommandExample(
                "A utility VM of Azure Container Instances",
                "casemate measure uvm verify reference_info.cose --issuer DID --feed ContainerPlat-AMD-UVM --min-svn 100"))
    {
        Add(_file);
        foreach (var option in (ReadOnlySpan<Option>)[_issuer, _feed, _svn, _measurement, _time])
        {
            Add(option);
        }
    }

    protected override Task<int> RunAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var arguments = context.Arguments;
        var path = arguments.GetRequiredValue(_file);
        var (issuer, feed, svn) = (arguments.GetRequiredValue(_issuer), arguments.GetRequiredValue(_feed), arguments.GetValue(_svn));
        var wanted = arguments.GetValue(_measurement) is { } text ? MeasureFiles.Hex("--measurement", text, MeasurementSize) : null;
        if (svn < 0)
        {
            throw CliException.Usage("--min-svn is 0 or more");
        }

        var verdict = GuestImageVerifier.Verify(InputFile.Read(null, path, CoseSign1.MaxSize), context.Now, new GuestImagePolicy
        {
            Signers = [new TrustedImageSigner(issuer, feed, svn)],
            TrustClaimedSigningTime = arguments.GetValue(_time),
        });
        if (verdict.Reasons.FirstOrDefault(check => check.Id is CheckId.EndorsementFormat) is { } format)
        {
            throw CliException.BadInput(
                $"{path}: {format.Actual}", "Give a publisher's statement as it was published: a COSE_Sign1 message, not encoded as text.");
        }

        Finding finding = new EndorsementFinding(verdict);
        if (wanted is not null && verdict.Endorsement is { } endorsement)
        {
            finding = finding.With(MeasurementCheck(wanted, endorsement.LaunchMeasurement));
        }

        Write(context.Console, path, finding, context.Now);
        return Task.FromResult(VerdictLine.ExitCodeOf(finding));
    }

    private static Check MeasurementCheck(byte[] wanted, byte[] named) => new(
        CheckId.Identity, wanted.AsSpan().SequenceEqual(named) ? CheckOutcome.Passed : CheckOutcome.Failed,
        Convert.ToHexStringLower(wanted), Convert.ToHexStringLower(named));

    private static void Write(ConsoleOutput console, string path, Finding finding, DateTimeOffset now)
    {
        if (console.Format is OutputFormat.Table)
        {
            new VerdictText(console).Write(finding, [("statement", ErrorText.OneLine(path))]);
            return;
        }

        console.WriteDocument(json =>
        {
            finding.WriteMembers(json, new VerdictJsonOptions { At = now });
            json.WriteString("file", path);
        });
    }
}
