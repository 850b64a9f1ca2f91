using System.Text.Json;
using Casemate.Primitives.Json;

namespace Casemate.KataPolicy.Settings;

/// <summary>Where the members of a JSON text stand: line and column by path, for messages.</summary>
internal static class SettingsPlaces
{
    private const int MaxEscaped = 6;

    /// <summary>Finds the place of a member; null when the text has none of that path.</summary>
    /// <param name="utf8Json">A text that is known to be JSON.</param>
    /// <param name="path">As in <c>common.cpath</c> or <c>sandbox.storages[0].driver</c>.</param>
    public static (int Line, int Column)? Find(ReadOnlySpan<byte> utf8Json, string path)
    {
        var reader = new Utf8JsonReader(utf8Json, new JsonReaderOptions { MaxDepth = 64 });
        var prefixes = new Stack<(string Path, int Index)>();
        string? current = "";
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.PropertyName)
            {
                // An escape is six bytes of text for one of the name; what is longer cannot be on the way.
                var parent = prefixes.Count > 0 ? prefixes.Peek().Path : "";
                current = reader.ValueSpan.Length <= MaxEscaped * path.Length ? Join(parent, reader.GetString()!) : null;
                if (current == path)
                {
                    return Place(utf8Json, (int)reader.TokenStartIndex);
                }

                // A text of many members must not become as many paths.
                if (current is null || !LeadsTo(current, path))
                {
                    _ = reader.Read();
                    reader.Skip();
                }

                continue;
            }

            if (reader.TokenType is JsonTokenType.EndArray or JsonTokenType.EndObject)
            {
                _ = prefixes.Pop();
                continue;
            }

            if (prefixes.Count > 0 && prefixes.Peek().Index >= 0)
            {
                var (array, index) = prefixes.Pop();
                prefixes.Push((array, index + 1));
                current = $"{array}[{index}]";
                if (current == path)
                {
                    return Place(utf8Json, (int)reader.TokenStartIndex);
                }

                if (!LeadsTo(current, path))
                {
                    reader.Skip();
                    continue;
                }
            }

            if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject)
            {
                prefixes.Push((current ?? "", reader.TokenType is JsonTokenType.StartArray ? 0 : -1));
            }
        }

        return null;
    }

    /// <summary>Finds the place where a text stops being JSON; null when it does nowhere.</summary>
    public static (int Line, int Column)? FindFault(ReadOnlySpan<byte> utf8Json)
    {
        var reader = new Utf8JsonReader(utf8Json, new JsonReaderOptions { MaxDepth = StrictJson.DefaultMaxDepth });
        try
        {
            while (reader.Read())
            {
            }

            return null;
        }
        catch (JsonException fault)
        {
            return ((int)(fault.LineNumber ?? 0) + 1, (int)(fault.BytePositionInLine ?? 0) + 1);
        }
    }

    private static bool LeadsTo(string place, string path) =>
        path.Length > place.Length && path.StartsWith(place, StringComparison.Ordinal) && path[place.Length] is '.' or '[';

    internal static string Join(string parent, string name) => parent.Length == 0 ? name : $"{parent}.{name}";

    private static (int Line, int Column) Place(ReadOnlySpan<byte> text, int offset)
    {
        var before = text[..offset];
        return (before.Count((byte)'\n') + 1, offset - (before.LastIndexOf((byte)'\n') + 1) + 1);
    }
}
