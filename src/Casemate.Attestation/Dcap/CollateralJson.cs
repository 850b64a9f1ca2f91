using System.Globalization;
using System.Text.Json;

namespace Casemate.Attestation.Dcap;

/// <summary>
/// Reads members of a signed collateral document: every read names the member and the place when it fails. Unknown members are
/// ignored, since Intel adds signed members over time; duplicate ones are refused when the document is opened.
/// </summary>
internal readonly struct CollateralJson
{
    /// <summary>The largest document accepted, in bytes.</summary>
    public const int MaxSize = 1024 * 1024;

    /// <summary>How the error about a document's version starts.</summary>
    public const string UnsupportedVersion = "UnsupportedCollateralVersion";

    private const int MaxDepth = 32;
    private const int MaxArray = 1024;

    private readonly JsonElement _object;
    private readonly string _path;

    private CollateralJson(JsonElement element, string path)
    {
        if (element.ValueKind is not JsonValueKind.Object)
        {
            throw new CollateralFormatException($"{Where(path)} is not an object");
        }

        (_object, _path) = (element, path);
    }

    /// <summary>Opens a document body and hands it to <paramref name="read"/>; format errors come back as text.</summary>
    public static bool TryRead<T>(ReadOnlyMemory<byte> body, Func<CollateralJson, T> read, out T? value, out string error)
        where T : class
    {
        value = null;
        if (body.Length > MaxSize)
        {
            error = $"document of {body.Length} bytes is larger than {MaxSize}";
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(
                body, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
            value = read(new CollateralJson(document.RootElement, ""));
            error = "";
            return true;
        }
        catch (JsonException e)
        {
            error = $"not JSON without duplicate members: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}";
            return false;
        }
        catch (InvalidOperationException)
        {
            // The parser checks the text inside strings only when they are read.
            error = "not JSON: a string is not valid UTF-8, or escapes half of a surrogate pair";
            return false;
        }
        catch (CollateralFormatException e)
        {
            error = e.Message;
            return false;
        }
    }

    public bool Has(string name) => _object.TryGetProperty(name, out _);

    public CollateralJson Object(string name) => new(Member(name, JsonValueKind.Object), PathOf(name));

    /// <summary>Reads an array of objects.</summary>
    public List<CollateralJson> Objects(string name)
    {
        var array = Member(name, JsonValueKind.Array);
        if (array.GetArrayLength() > MaxArray)
        {
            throw new CollateralFormatException($"{PathOf(name)} has more than {MaxArray} entries");
        }

        var items = new List<CollateralJson>(array.GetArrayLength());
        foreach (var item in array.EnumerateArray())
        {
            items.Add(new CollateralJson(item, $"{PathOf(name)}[{items.Count}]"));
        }

        return items;
    }

    public string Text(string name) => Member(name, JsonValueKind.String).GetString()!;

    public string? OptionalText(string name) => Has(name) ? Text(name) : null;

    /// <summary>Reads an array of strings; absent counts as empty.</summary>
    public string[] OptionalTexts(string name)
    {
        if (!Has(name))
        {
            return [];
        }

        var array = Member(name, JsonValueKind.Array);
        var texts = new string[array.GetArrayLength()];
        for (var i = 0; i < texts.Length; i++)
        {
            texts[i] = array[i].ValueKind is JsonValueKind.String
                ? array[i].GetString()!
                : throw new CollateralFormatException($"{PathOf(name)}[{i}] is not a string");
        }

        return texts;
    }

    /// <summary>Reads a whole number from 0 to <paramref name="maximum"/>.</summary>
    public int Number(string name, int maximum)
    {
        var member = Member(name, JsonValueKind.Number);
        return member.TryGetInt32(out var value) && value >= 0 && value <= maximum
            ? value
            : throw new CollateralFormatException($"{PathOf(name)} is not a whole number from 0 to {maximum}");
    }

    /// <summary>Reads hex text, any case, of exactly <paramref name="size"/> bytes.</summary>
    public byte[] Bytes(string name, int size)
    {
        var text = Text(name);
        if (text.Length == size * 2)
        {
            var bytes = new byte[size];
            if (Convert.FromHexString(text, bytes, out _, out _) is System.Buffers.OperationStatus.Done)
            {
                return bytes;
            }
        }

        throw new CollateralFormatException($"{PathOf(name)} is not {size * 2} hex digits");
    }

    /// <summary>Reads an instant in the one form that Intel uses, <c>yyyy-MM-ddTHH:mm:ssZ</c>.</summary>
    public DateTimeOffset Time(string name) =>
        DateTimeOffset.TryParseExact(
            Text(name), "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw new CollateralFormatException($"{PathOf(name)} is not a time of the form yyyy-MM-ddTHH:mm:ssZ");

    /// <summary>Reads a TCB status word of the collateral; words that verification alone produces are refused.</summary>
    public TcbStatus Status(string name) => Text(name) switch
    {
        "UpToDate" => TcbStatus.UpToDate,
        "SWHardeningNeeded" => TcbStatus.SWHardeningNeeded,
        "ConfigurationNeeded" => TcbStatus.ConfigurationNeeded,
        "ConfigurationAndSWHardeningNeeded" => TcbStatus.ConfigurationAndSWHardeningNeeded,
        "OutOfDate" => TcbStatus.OutOfDate,
        "OutOfDateConfigurationNeeded" => TcbStatus.OutOfDateConfigurationNeeded,
        "Revoked" => TcbStatus.Revoked,
        _ => throw new CollateralFormatException($"UnrecognizedTcbStatus: {PathOf(name)} is no status that this version knows"),
    };

    /// <summary>An error about one member of this object.</summary>
    public CollateralFormatException Error(string name, string problem) => new($"{PathOf(name)} {problem}");

    private static string Where(string path) => path.Length == 0 ? "the document" : path;

    private JsonElement Member(string name, JsonValueKind kind)
    {
        if (!_object.TryGetProperty(name, out var member))
        {
            throw new CollateralFormatException($"{PathOf(name)} is missing");
        }

        return member.ValueKind == kind
            ? member
            : throw new CollateralFormatException($"{PathOf(name)} is not {(kind is JsonValueKind.Array ? "an array" : $"a {kind.ToString().ToLowerInvariant()}")}");
    }

    private string PathOf(string name) => _path.Length == 0 ? name : $"{_path}.{name}";
}
