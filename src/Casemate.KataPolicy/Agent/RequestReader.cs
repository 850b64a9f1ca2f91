using System.Globalization;
using System.Text;
using Casemate.Rego;

namespace Casemate.KataPolicy;

/// <summary>
/// Fills requests in as protobuf does: repeated fields empty, texts empty, numbers zero, messages null. What is whole already, as it is
/// when it comes from the agent, is looked at and not copied.
/// </summary>
internal sealed class RequestReader
{
    // S_IFMT and what it selects; stat(2).
    private const long TypeMask = 0xF000;

    private readonly string _kind;
    private readonly Stack<Step> _place = new();

    private RequestReader(string kind) => _kind = kind;

    /// <exception cref="PolicyDataException">The value is no such request.</exception>
    internal static RegoObject Read(string kind, RegoValue value)
    {
        var reader = new RequestReader(kind);
        var request = RequestSchema.Fields(kind) is { } fields ? reader.Message(kind, fields, value)
            : value as RegoObject ?? throw reader.Failed("must be an object");
        return kind == "CopyFileRequest" ? Projected(request) : request;
    }

    private RegoObject Message(string type, RequestField[] fields, RegoValue value)
    {
        var given = value as RegoObject ?? throw Failed("must be an object");
        var members = new KeyValuePair<RegoValue, RegoValue>[fields.Length];
        var (known, changed) = (0, false);
        for (var i = 0; i < fields.Length; i++)
        {
            var whole = fields[i].Default;
            if (given.TryGetValue(fields[i].Key, out var member))
            {
                _place.Push(new Step(fields[i].Name, Index: null));
                whole = Value(fields[i], member);
                _place.Pop();
                known++;
            }

            changed |= !ReferenceEquals(whole, member);
            members[i] = KeyValuePair.Create<RegoValue, RegoValue>(fields[i].Key, whole);
        }

        if (known < given.Count)
        {
            RefuseUnknown(type, fields, given);
            changed = true;
        }

        return changed ? RegoObject.Create(members) : given;
    }

    private void RefuseUnknown(string type, RequestField[] fields, RegoObject given)
    {
        foreach (var key in given.Select(member => ((RegoString)member.Key).Value))
        {
            // Recordings of upstream's tests name the kind once more in the request.
            if (!fields.Any(field => field.Name == key) && !(key == "type" && _place.Count == 0))
            {
                _place.Push(new Step(key, Index: null));
                throw Failed($"is not a field of {type}");
            }
        }
    }

    private RegoValue Value(RequestField field, RegoValue value)
    {
        if (!field.IsRepeated)
        {
            return One(field.Type, value);
        }

        var given = value as RegoArray ?? throw Failed("must be an array");
        RegoValue[]? changed = null;
        for (var i = 0; i < given.Count; i++)
        {
            _place.Push(new Step(Name: null, i));
            var item = One(field.Type, given[i]);
            _place.Pop();
            if (changed is not null || !ReferenceEquals(item, given[i]))
            {
                changed ??= [.. given];
                changed[i] = item;
            }
        }

        return changed is null ? given : RegoArray.Create(changed);
    }

    private RegoValue One(string type, RegoValue value)
    {
        switch (type)
        {
            case "any":
            case "string" when value is RegoString:
            case "number" when value is RegoNumber:
            case "bool" when value is RegoBoolean:
                return value;
            case "map" when value is RegoObject map:
                foreach (var (name, member) in map)
                {
                    _place.Push(new Step($"['{((RegoString)name).Value}']", Index: null));
                    _ = One("string", member);
                    _place.Pop();
                }

                return value;
            case "string" or "number" or "bool" or "map":
                throw Failed($"must be {(type == "bool" ? "true or false" : $"a {type}")}");
            default:
                return value is RegoNull ? value : Message(type, RequestSchema.Fields(type)!, value);
        }
    }

    // The agent shows what a file is and hides its content.
    private static RegoObject Projected(RegoObject request)
    {
        var mode = request["file_mode"] is RegoNumber number && number.TryGetInt64(out var bits) ? bits & TypeMask : 0;
        return RegoObject.Create(request.Select(pair => pair.Key is RegoString { Value: "file_type" }
            && pair.Value is RegoString { Value: "" }
            ? KeyValuePair.Create(pair.Key, (RegoValue)RegoValue.From(mode switch
            {
                0x8000 => "Regular",
                0x4000 => "Directory",
                0xA000 => "Symlink",
                _ => "Unknown",
            }))
            : pair));
    }

    private PolicyDataException Failed(string what)
    {
        var place = new StringBuilder(_kind);
        foreach (var (name, index) in _place.Reverse())
        {
            _ = index is not null ? place.Append(CultureInfo.InvariantCulture, $"[{index}]")
                : name!.StartsWith('[') ? place.Append(name) : place.Append('.').Append(name);
        }

        return new PolicyDataException($"{place} {what}");
    }

    private readonly record struct Step(string? Name, int? Index);
}
