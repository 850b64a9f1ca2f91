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

    /// <summary>What to do about an error; null when there is nothing to add.</summary>
    /// <param name="error">The error.</param>
    public static string? Remedy(IgvmError error) => error switch
    {
        IgvmError.NotIgvm => "Name the guest image as its publisher ships it.",
        IgvmError.UnsupportedVersion or IgvmError.MalformedHeader or IgvmError.UnknownHeader =>
            "The file may be newer than this program: update it; otherwise get the file again.",
        IgvmError.MalformedFixedHeader or IgvmError.WrongChecksum or IgvmError.DataOutOfRange or IgvmError.MalformedVpContext =>
            "The file was cut off, damaged or changed by hand: get it again.",
        IgvmError.WrongOrder or IgvmError.MalformedMask or IgvmError.Misaligned or IgvmError.DuplicateParameterArea
            or IgvmError.UnknownParameterArea or IgvmError.NoGuestPolicy or IgvmError.DuplicateHeader =>
            "The builder of the file is at fault: report it to whoever made the file.",
        IgvmError.UnsupportedPage => "Have the file made with pages of 4 KiB.",
        IgvmError.TooManyHeaders or IgvmError.TooManyPages => "No guest image is as large: do not use the file.",
        IgvmError.UnmeasuredPlatform => "Name another platform of the file.",
        _ => null,
    };

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
        IgvmError.DuplicateHeader => "a platform has two guest policies, ID blocks or CoRIM documents: which one counts is not known",
        IgvmError.MalformedVpContext => "the state of a virtual processor in it is malformed",
        _ => throw new ArgumentOutOfRangeException(nameof(error)),
    };
}
