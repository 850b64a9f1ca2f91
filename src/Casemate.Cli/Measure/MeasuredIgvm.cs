using System.Text.Json;
using Casemate.Cli.Output;
using Casemate.Measurement.Corim;
using Casemate.Measurement.Igvm;
using Casemate.Measurement.Snp;

namespace Casemate.Cli.Measure;

/// <summary>A measurement of an IGVM file with what the file itself says about it.</summary>
/// <param name="Measurement">The measurement.</param>
/// <param name="Endorsement">What the CoRIM document of the file endorses; null when there is none, or it cannot be read.</param>
/// <param name="EndorsementError">Why the document cannot be read; null otherwise.</param>
internal sealed record MeasuredIgvm(IgvmMeasurement Measurement, LaunchEndorsement? Endorsement, string? EndorsementError)
{
    /// <summary>False when the file names another measurement than its own, or bears a signature that is not right.</summary>
    public bool IsConsistent =>
        Measurement.IdBlockMatches != false && Measurement.IdBlock is null or { Signature: SnpIdSignature.Valid }
        && EndorsementError is null && (Endorsement is null || EndorsementMatches);

    private bool EndorsementMatches =>
        Endorsement!.Environment == EnvironmentOf(Measurement) && Endorsement.Measurement.Span.SequenceEqual(Measurement.Digest.Span);

    /// <summary>Looks at what the file says.</summary>
    public static MeasuredIgvm Of(IgvmMeasurement measurement)
    {
        if (measurement.CorimDocument is not { } bytes)
        {
            return new MeasuredIgvm(measurement, null, null);
        }

        if (!CorimDocument.TryRead(bytes.Span, out var document, out var error)
            || !LaunchMeasurementProfile.TryRead(document, out var endorsement, out error))
        {
            return new MeasuredIgvm(measurement, null, error);
        }

        return new MeasuredIgvm(measurement, endorsement, null);
    }

    /// <summary>How options and results name a platform.</summary>
    public static string Name(IgvmPlatformType? platform) => platform switch
    {
        IgvmPlatformType.SevSnp => "snp",
        IgvmPlatformType.Tdx => "tdx",
        IgvmPlatformType.Vbs => "vbs",
        _ => "native",
    };

    /// <summary>Lines for people.</summary>
    public void WriteText(ConsoleOutput console)
    {
        console.Out.WriteLine($"{Name(Measurement.Platform.Platform)}  {Convert.ToHexStringLower(Measurement.Digest.Span)}");
        if (Measurement.IdBlock is { } block)
        {
            console.Out.WriteLine(Measurement.IdBlockMatches == true
                ? $"     ID block: names this measurement; GUEST_SVN {block.Block.GuestSvn}"
                : $"     ID block: {console.Paint(Tone.Bad, "NAMES ANOTHER")}: {Convert.ToHexStringLower(block.Block.LaunchDigest.Span)}");
            console.Out.WriteLine(block.Signature is SnpIdSignature.Valid
                ? $"     ID block: signed by the key {Convert.ToHexStringLower(block.Authentication!.IdKey.ComputeDigest())}"
                : $"     ID block: {console.Paint(Tone.Bad, "NOT SIGNED")} ({(block.Signature is { } signature ? $"{signature}" : "no well-formed signature")})");
        }

        if (EndorsementError is not null)
        {
            console.Out.WriteLine(ErrorText.OneLine($"     CoRIM: cannot be read: {EndorsementError}"));
        }
        else if (Endorsement is not null)
        {
            console.Out.WriteLine(EndorsementMatches
                ? $"     CoRIM: endorses this measurement with security version {Endorsement.Svn} (its signature is for 'casemate measure corim')"
                : $"     CoRIM: {console.Paint(Tone.Bad, "ENDORSES ANOTHER")}: {Endorsement.Environment} {Convert.ToHexStringLower(Endorsement.Measurement.Span)}");
        }
    }

    /// <summary>The object of a document.</summary>
    public void WriteObject(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("platform", Name(Measurement.Platform.Platform));
        json.WriteString("measurement", Convert.ToHexStringLower(Measurement.Digest.Span));
        json.WriteBoolean("consistent", IsConsistent);
        if (Measurement.IdBlock is { } block)
        {
            json.WriteStartObject("idBlock");
            json.WriteString("launchDigest", Convert.ToHexStringLower(block.Block.LaunchDigest.Span));
            json.WriteBoolean("matches", Measurement.IdBlockMatches == true);
            json.WriteString("signature", block.Signature is { } signature ? $"{signature}" : null);
            json.WriteNumber("guestSvn", block.Block.GuestSvn);
            json.WriteString("policy", $"0x{block.Block.Policy:x}");
            json.WriteString("idKeyDigest", block.Authentication is { } keys ? Convert.ToHexStringLower(keys.IdKey.ComputeDigest()) : null);
            json.WriteEndObject();
        }

        if (Measurement.CorimDocument is not null)
        {
            json.WriteStartObject("corim");
            json.WriteBoolean("matches", Endorsement is not null && EndorsementMatches);
            json.WriteString("error", EndorsementError);
            if (Endorsement is not null)
            {
                json.WriteNumber("svn", Endorsement.Svn);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static CorimEnvironment EnvironmentOf(IgvmMeasurement measurement) => measurement.Platform.Platform switch
    {
        IgvmPlatformType.SevSnp => CorimEnvironment.Snp,
        IgvmPlatformType.Tdx => CorimEnvironment.Tdx,
        _ => CorimEnvironment.Vbs,
    };
}
