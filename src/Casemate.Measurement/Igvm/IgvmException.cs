namespace Casemate.Measurement.Igvm;

/// <summary>A file is not an IGVM file that can be read or measured.</summary>
public sealed class IgvmException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="error">The reason.</param>
    public IgvmException(IgvmError error)
        : base(Describe(error)) => Error = error;

    /// <summary>The reason, to branch on.</summary>
    public IgvmError Error { get; }

    /// <summary>What an error means, as half a sentence that follows the name of a file and a colon.</summary>
    public static string Describe(IgvmError error) => error switch
    {
        IgvmError.None => "nothing is wrong",
        IgvmError.NotIgvm => "it is not an IGVM file",
        IgvmError.UnsupportedVersion => "its IGVM version is not 1",
        IgvmError.MalformedFixedHeader => "its fixed header does not fit its size",
        IgvmError.WrongChecksum => "the checksum over its headers is wrong",
        IgvmError.TooManyHeaders => $"it has more than {IgvmFile.MaxHeaders} headers",
        IgvmError.MalformedHeader => "one of its headers is malformed",
        IgvmError.UnknownHeader => "it has a header that is not known and may not be skipped",
        IgvmError.WrongOrder => "its platform, initialization and directive headers are mixed",
        IgvmError.MalformedMask => "the compatibility mask of a platform is not one bit of its own",
        IgvmError.DataOutOfRange => "a header points at data that is not in the file",
        IgvmError.Misaligned => "an address or size in it is not made of whole pages",
        IgvmError.UnsupportedPage => "it has a page of 2 MiB or of an unknown type",
        IgvmError.DuplicateParameterArea => "it declares a parameter area twice",
        IgvmError.UnknownParameterArea => "it inserts a parameter area that is not there",
        IgvmError.TooManyPages => $"it has more than {IgvmFile.MaxPages} pages",
        IgvmError.UnmeasuredPlatform => "this platform has no launch measurement",
        IgvmError.NoGuestPolicy => "it has no guest policy for SEV-SNP",
        IgvmError.MalformedVpContext => "the state of a virtual processor in it is malformed",
        _ => throw new ArgumentOutOfRangeException(nameof(error)),
    };
}
