using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Casemate.Cli.Output;
using Casemate.Measurement.Snp;

namespace Casemate.Cli.Measure;

/// <summary>A signed ID block, and how it is shown and written.</summary>
/// <param name="Block">The block.</param>
/// <param name="Authentication">Keys and signatures.</param>
internal sealed record MeasuredIdentity(SnpIdBlock Block, SnpIdAuthentication Authentication)
{
    private const int MaxKeyBytes = 64 * 1024;

    /// <summary>Signs a block with keys from files.</summary>
    /// <exception cref="CliException">A file holds no such key. The message holds nothing of it.</exception>
    public static MeasuredIdentity Sign(SnpIdBlock block, string idKeyFile, string? authorKeyFile)
    {
        using var idKey = ReadKey("--id-key", idKeyFile);
        using var authorKey = authorKeyFile is null ? null : ReadKey("--author-key", authorKeyFile);
        return new MeasuredIdentity(block, SnpIdAuthentication.Sign(block, idKey, authorKey));
    }

    /// <summary>Writes the structures where the options say.</summary>
    public void WriteFiles(string? blockFile, string? authenticationFile)
    {
        if (blockFile is not null)
        {
            OutputFile.Write("--id-block-out", blockFile, Block.ToBytes(), OutputFile.Readable);
        }

        if (authenticationFile is not null)
        {
            OutputFile.Write("--id-auth-out", authenticationFile, Authentication.Bytes.Span, OutputFile.Readable);
        }
    }

    /// <summary>Lines for people.</summary>
    public void WriteText(ConsoleOutput console)
    {
        console.Out.WriteLine($"id-block           {Convert.ToBase64String(Block.ToBytes())}");
        console.Out.WriteLine($"id-auth            {Convert.ToBase64String(Authentication.Bytes.Span)}");
        console.Out.WriteLine($"ID_KEY_DIGEST      {Convert.ToHexStringLower(Authentication.IdKey.ComputeDigest())}");
        if (Authentication.AuthorKey is { } author)
        {
            console.Out.WriteLine($"AUTHOR_KEY_DIGEST  {Convert.ToHexStringLower(author.ComputeDigest())}");
        }
    }

    /// <summary>The member of a document.</summary>
    public void WriteMembers(Utf8JsonWriter json)
    {
        json.WriteStartObject("idBlock");
        json.WriteString("block", Convert.ToBase64String(Block.ToBytes()));
        json.WriteString("authentication", Convert.ToBase64String(Authentication.Bytes.Span));
        json.WriteString("idKeyDigest", Convert.ToHexStringLower(Authentication.IdKey.ComputeDigest()));
        json.WriteString("authorKeyDigest", Authentication.AuthorKey is { } author ? Convert.ToHexStringLower(author.ComputeDigest()) : null);
        json.WriteEndObject();
    }

    private static ECDsa ReadKey(string option, string file)
    {
        try
        {
            return SnpIdKey.PrivateFromPem(Encoding.Latin1.GetString(InputFile.Read(option, file, MaxKeyBytes)));
        }
        catch (SnpException failure)
        {
            throw CliException.BadInput($"{option}: '{file}' holds no private key on the curve P-384", SnpException.Remedy(failure.Error), failure);
        }
    }
}
