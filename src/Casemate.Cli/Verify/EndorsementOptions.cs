using System.CommandLine;
using Casemate.Attestation;
using Casemate.Attestation.Cose;
using Casemate.Attestation.Policy;
using Casemate.Collateral;

namespace Casemate.Cli.Verify;

/// <summary>The options of <c>casemate verify</c> that are about endorsements of guest images.</summary>
internal sealed class EndorsementOptions
{
    private readonly Option<string> _file = new("--endorsement")
    {
        Description = "A publisher's endorsement of a guest image (COSE_Sign1): SEV-SNP evidence must have the launch measurement that it "
            + "names.",
        HelpName = "FILE",
    };

    private readonly Option<string> _issuer = new("--endorsement-issuer")
    {
        Description = "The did:x509 identifier of the publisher whose endorsements are trusted. Default: nobody's.",
        HelpName = "DID",
    };

    private readonly Option<string> _feed = new("--endorsement-feed")
    {
        Description = "The feed of that publisher that is trusted, such as ContainerPlat-AMD-UVM.",
        HelpName = "FEED",
    };

    private readonly Option<long> _svn = new("--endorsement-svn")
    {
        Description = "The lowest security version of the image that is accepted, as the publisher counts. Default: 0.",
        HelpName = "N",
    };

    private readonly Option<bool> _signingTime = new("--trust-claimed-signing-time")
    {
        Description = "Accept an endorsement whose certificates have expired since the time at which its signer says it signed.",
    };

    /// <summary>The options, to be added to the command.</summary>
    public IEnumerable<Option> All => [_file, _issuer, _feed, _svn, _signingTime];

    /// <summary>Reads whose endorsements are trusted.</summary>
    /// <exception cref="CliException">Only one of issuer and feed is named.</exception>
    public GuestImagePolicy ReadPolicy(ParseResult arguments)
    {
        var trustTime = arguments.GetValue(_signingTime);
        return (arguments.GetValue(_issuer), arguments.GetValue(_feed)) switch
        {
            ({ Length: > 0 } issuer, { Length: > 0 } feed) => new GuestImagePolicy
            {
                Signers = [new TrustedImageSigner(issuer, feed, arguments.GetValue(_svn))],
                TrustClaimedSigningTime = trustTime,
            },
            (null, null) => new GuestImagePolicy { TrustClaimedSigningTime = trustTime },
            _ => throw CliException.Usage(
                "--endorsement-issuer and --endorsement-feed go together: a publisher is trusted for one feed",
                "'casemate evidence show' prints both of an endorsement."),
        };
    }

    /// <summary>Reads and verifies the endorsement; null when none is named.</summary>
    /// <exception cref="MalformedInputException">The file is unreadable or no endorsement.</exception>
    public GuestImageVerdict? Verify(ParseResult arguments, DateTimeOffset at, GuestImagePolicy policy)
    {
        if (arguments.GetValue(_file) is not { } path)
        {
            return null;
        }

        var file = EvidenceReader.Read(path);
        if (file.Kind is not EvidenceKind.ImageEndorsement)
        {
            throw new MalformedInputException(path, "is no endorsement of a guest image (COSE_Sign1)");
        }

        var verdict = GuestImageVerifier.Verify(file.Evidence.Span, at, policy);
        return verdict.Reasons.FirstOrDefault(check => check.Id is CheckId.EndorsementFormat) is { } format
            ? throw new MalformedInputException(path, format.Actual)
            : verdict;
    }
}
