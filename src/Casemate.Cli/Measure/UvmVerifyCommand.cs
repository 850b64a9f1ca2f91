using System.CommandLine;
using Casemate.Attestation;
using Casemate.Attestation.Cose;
using Casemate.Attestation.Policy;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Primitives.Cose;

namespace Casemate.Cli.Measure;

/// <summary><c>casemate measure uvm verify</c>.</summary>
internal sealed class UvmVerifyCommand : CliCommand
{
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
        var wanted = arguments.GetValue(_measurement) is { } text ? MeasureFiles.Hex("--measurement", text, 48) : null;
        var verdict = GuestImageVerifier.Verify(InputFile.Read(null, path, CoseSign1.MaxSize), context.Now, new GuestImagePolicy
        {
            Signers =
            [
                new TrustedImageSigner(arguments.GetRequiredValue(_issuer), arguments.GetRequiredValue(_feed), arguments.GetValue(_svn)),
            ],
            TrustClaimedSigningTime = arguments.GetValue(_time),
        });
        if (verdict.Reasons.FirstOrDefault(check => check.Id is CheckId.EndorsementFormat) is { } format)
        {
            throw CliException.BadInput($"{path}: {format.Actual}");
        }

        var isWanted = verdict.Endorsement is { } endorsement && (wanted is null || wanted.AsSpan().SequenceEqual(endorsement.LaunchMeasurement));
        Write(context.Console, path, verdict, isWanted, context.Now);
        return Task.FromResult(isWanted ? ExitCode.Success : ExitCode.Refused);
    }

    private static void Write(ConsoleOutput console, string path, GuestImageVerdict verdict, bool isWanted, DateTimeOffset now)
    {
        if (console.Format is not OutputFormat.Table)
        {
            console.WriteDocument(json =>
            {
                VerdictJson.WriteMembers(json, verdict, new VerdictJsonOptions { At = now });
                json.WriteString("file", path);
                json.WriteBoolean("isWanted", isWanted);
            });
            return;
        }

        foreach (var check in verdict.Checks)
        {
            console.Out.WriteLine($"{check.Outcome,-8} {check.Id}: {ErrorText.OneLine(check.Actual)}");
        }

        if (verdict.Endorsement is { } endorsement)
        {
            console.Out.WriteLine(
                $"launch measurement {Convert.ToHexStringLower(endorsement.LaunchMeasurement)}, security version {endorsement.Svn}");
            if (!isWanted)
            {
                console.Out.WriteLine(console.Paint(Tone.Bad, "refused: this is not the measurement that was asked for"));
            }
        }
    }
}
