namespace Casemate.Testing.Registry;

/// <summary>Something that goes wrong with requests of a kind.</summary>
/// <param name="When">Which requests.</param>
public sealed record RegistryFault(Func<LoggedRequest, bool> When)
{
    /// <summary>How often it goes wrong.</summary>
    public int Times { get; init; } = 1;

    /// <summary>Answers with this status and nothing else.</summary>
    public int? Status { get; init; }

    /// <summary>Headers that replace, or are added to, those of the answer.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Accepts so many bytes of the request's body, keeps them, and closes the connection.</summary>
    public long? CutUploadAfter { get; init; }

    /// <summary>Sends so many bytes of the answer's body, and closes the connection.</summary>
    public long? CutDownloadAfter { get; init; }

    /// <summary>Sends so many bytes of the answer's body, and nothing more, until the client goes.</summary>
    public long? StallAfter { get; init; }

    /// <summary>Does what is asked, and closes the connection without an answer.</summary>
    public bool LoseAnswer { get; init; }

    /// <summary>Answers all of the content where a part was asked for.</summary>
    public bool IgnoreRange { get; init; }

    /// <summary>Sends this in place of the content.</summary>
    public byte[]? Body { get; init; }

    /// <summary>Sends a body without a length that never ends.</summary>
    public bool IsEndless { get; init; }

    /// <summary>Forgets the upload before it looks at the request.</summary>
    public bool ForgetUpload { get; init; }
}
