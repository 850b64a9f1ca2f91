using System.Reflection.Metadata;
using Casemate.Profile;

// Usage: Casemate.Profile TRIMMED_ASSEMBLIES OUTPUT.mibc METHODS...
// METHODS: what the runtime wrote of methods that it compiled (DOTNET_JitStdOutFile), and traces of precompiled ones (.nettrace).
var assemblies = new Assemblies(args[0]);
var lines = args.Skip(2).SelectMany(path => path.EndsWith(".nettrace", StringComparison.Ordinal)
    ? TraceMethods.Read(path) : File.ReadLines(path).Select(JitMethodName.TryRead).OfType<JitMethodName>());
var profile = new ProfileMetadata();
var groups = new SortedDictionary<string, List<EntityHandle>>(StringComparer.Ordinal);
var seen = new HashSet<string>(StringComparer.Ordinal);
var (found, unknown) = (0, 0);
foreach (var method in lines)
{
    var any = false;
    foreach (var type in assemblies.Find(method.Type.Name))
    {
        foreach (var handle in type.Definition.GetMethods())
        {
            any |= Add(method, type, type.Metadata.GetMethodDefinition(handle));
        }
    }

    (found, unknown) = any ? (found + 1, unknown) : (found, unknown + 1);
}

profile.Write(groups, args[1]);
Console.WriteLine($"{seen.Count} methods in {groups.Count} groups; of the lines {found} were found and {unknown} were not");
return 0;

bool Add(JitMethodName wanted, DefinedType type, MethodDefinition method)
{
    var metadata = type.Metadata;
    try
    {
        if (metadata.GetString(method.Name) != wanted.Name || method.GetGenericParameters().Count != wanted.Arguments.Count
            || type.Definition.GetGenericParameters().Count != wanted.Type.Arguments.Count)
        {
            return false;
        }

        var copy = new SignatureCopy(profile, type.Assembly);
        if (method.DecodeSignature(copy, null).ParameterTypes.Length != wanted.Parameters)
        {
            return false;
        }

        var speaksOf = new SortedSet<string>(StringComparer.Ordinal);
        var arguments = wanted.Type.Arguments.Select(argument => Encode(argument, speaksOf)).ToList();
        var own = wanted.Arguments.Select(argument => Encode(argument, speaksOf)).ToList();
        var definition = profile.Reference(type.Assembly, metadata, type.Handle);
        var parent = arguments.Count == 0
            ? definition
            : profile.Specification(copy.GetGenericInstantiation(
                SignatureCopy.Typed((byte)(type.IsValueType ? SignatureTypeKind.ValueType : SignatureTypeKind.Class), definition),
                [.. arguments]));
        var signature = copy.Method(metadata, method);
        speaksOf.Remove(type.Assembly);
        var group = string.Concat(speaksOf.Prepend(type.Assembly).Select(name => name + ";"));
        if (!seen.Add($"{group} {wanted.Type.Name} {Hex(arguments)} {wanted.Name} {Hex(own)} {Convert.ToHexString(signature)}"))
        {
            return true;
        }

        var member = profile.Member(parent, wanted.Name, signature);
        if (!groups.TryGetValue(group, out var members))
        {
            groups[group] = members = [];
        }

        members.Add(own.Count == 0 ? member : profile.Instantiation(member, own));
        return true;
    }
    catch (NotSupportedException)
    {
        return false;                                                      // a signature with function pointers or the like
    }
}

byte[] Encode(JitTypeName type, SortedSet<string> speaksOf)
{
    if (type.Suffix == "[]")
    {
        return [(byte)SignatureTypeCode.SZArray, .. Encode(type.Arguments[0], speaksOf)];
    }

    if (type.Name == "System.__Canon")
    {
        return profile.Canonical;
    }

    var primitive = type.Name switch
    {
        "bool" => SignatureTypeCode.Boolean,
        "char" => SignatureTypeCode.Char,
        "sbyte" => SignatureTypeCode.SByte,
        "byte" => SignatureTypeCode.Byte,
        "short" => SignatureTypeCode.Int16,
        "ushort" => SignatureTypeCode.UInt16,
        "int" => SignatureTypeCode.Int32,
        "uint" => SignatureTypeCode.UInt32,
        "long" => SignatureTypeCode.Int64,
        "ulong" => SignatureTypeCode.UInt64,
        "nint" => SignatureTypeCode.IntPtr,
        "nuint" => SignatureTypeCode.UIntPtr,
        "float" => SignatureTypeCode.Single,
        "double" => SignatureTypeCode.Double,
        _ => SignatureTypeCode.Invalid,
    };
    if (primitive is not SignatureTypeCode.Invalid)
    {
        return [(byte)primitive];
    }

    var defined = assemblies.Find(type.Name) is [var first, ..] ? first : throw new NotSupportedException();
    speaksOf.Add(defined.Assembly);
    var plain = SignatureCopy.Typed(
        (byte)(defined.IsValueType ? SignatureTypeKind.ValueType : SignatureTypeKind.Class),
        profile.Reference(defined.Assembly, defined.Metadata, defined.Handle));
    return type.Arguments.Count == 0
        ? plain
        : [
            (byte)SignatureTypeCode.GenericTypeInstance, .. plain, (byte)type.Arguments.Count,
            .. type.Arguments.SelectMany(argument => Encode(argument, speaksOf)),
        ];
}

static string Hex(IEnumerable<byte[]> parts) => string.Join('-', parts.Select(Convert.ToHexString));
