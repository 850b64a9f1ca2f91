using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Casemate.Profile;

/// <summary>
/// Writes a profile as the ahead-of-time compiler reads it: an assembly whose method AssemblyDictionary names one method for each set of
/// assemblies, in which each profiled method is a token.
/// </summary>
internal sealed class ProfileMetadata
{
    private const string Name = "casemate.mibc";
    private const string CanonicalAssembly = "System.Private.Canon";

    private readonly MetadataBuilder _metadata = new();
    private readonly BlobBuilder _code = new();
    private readonly MethodBodyStreamEncoder _bodies;
    private readonly Dictionary<string, AssemblyReferenceHandle> _assemblies = new(StringComparer.Ordinal);
    private readonly Dictionary<(EntityHandle, string, string), TypeReferenceHandle> _types = [];
    private readonly Dictionary<BlobHandle, TypeSpecificationHandle> _specifications = [];
    private readonly BlobHandle _signature;

    public ProfileMetadata()
    {
        _bodies = new MethodBodyStreamEncoder(_code);
        _metadata.AddModule(0, _metadata.GetOrAddString(Name), _metadata.GetOrAddGuid(new Guid("6a0b7f3c-6f7c-4f56-9a43-8d7f6f0b3c51")), default, default);
        _metadata.AddAssembly(_metadata.GetOrAddString(Name), new Version(0, 0, 0, 0), default, default, 0, AssemblyHashAlgorithm.None);
        _metadata.AddTypeDefinition(
            default, default, _metadata.GetOrAddString("<Module>"), default, MetadataTokens.FieldDefinitionHandle(1),
            MetadataTokens.MethodDefinitionHandle(1));
        _signature = _metadata.GetOrAddBlob(new byte[] { 0, 0, 1 });
    }

    /// <summary>The shared code of reference types.</summary>
    public byte[] Canonical => SignatureCopy.Typed((byte)SignatureTypeKind.Class, Reference(Assembly(CanonicalAssembly), "System", "__Canon"));

    public EntityHandle Reference(string assembly, MetadataReader reader, TypeDefinitionHandle handle)
    {
        var type = reader.GetTypeDefinition(handle);
        var scope = type.GetDeclaringType() is { IsNil: false } outer ? Reference(assembly, reader, outer) : Assembly(assembly);
        return Reference(scope, reader.GetString(type.Namespace), reader.GetString(type.Name));
    }

    public EntityHandle Reference(MetadataReader reader, TypeReferenceHandle handle)
    {
        var type = reader.GetTypeReference(handle);
        var scope = type.ResolutionScope.Kind switch
        {
            HandleKind.TypeReference => Reference(reader, (TypeReferenceHandle)type.ResolutionScope),
            HandleKind.AssemblyReference =>
                Assembly(reader.GetString(reader.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope).Name)),
            _ => throw new NotSupportedException(),
        };
        return Reference(scope, reader.GetString(type.Namespace), reader.GetString(type.Name));
    }

    public EntityHandle Specification(byte[] signature)
    {
        var blob = _metadata.GetOrAddBlob(signature);
        if (!_specifications.TryGetValue(blob, out var handle))
        {
            _specifications[blob] = handle = _metadata.AddTypeSpecification(blob);
        }

        return handle;
    }

    public EntityHandle Member(EntityHandle parent, string name, byte[] signature) =>
        _metadata.AddMemberReference(parent, _metadata.GetOrAddString(name), _metadata.GetOrAddBlob(signature));

    public EntityHandle Instantiation(EntityHandle method, IReadOnlyList<byte[]> arguments)
    {
        byte[] signature = [0x0a, (byte)arguments.Count, .. arguments.SelectMany(argument => argument)];
        return _metadata.AddMethodSpecification(method, _metadata.GetOrAddBlob(signature));
    }

    /// <summary>Writes the file.</summary>
    /// <param name="groups">The methods by the assemblies that they speak of, each name followed by a semicolon.</param>
    /// <param name="path">The file.</param>
    public void Write(IEnumerable<KeyValuePair<string, List<EntityHandle>>> groups, string path)
    {
        var config = new InstructionEncoder(new BlobBuilder());
        foreach (var (key, value) in new[] { ("FormatVersion", "1.0"), ("Os", "Linux"), ("Arch", "x64"), ("Runtime", "CoreClr") })
        {
            config.LoadString(_metadata.GetOrAddUserString(key));
            config.LoadString(_metadata.GetOrAddUserString(value));
            config.OpCode(ILOpCode.Pop);
            config.OpCode(ILOpCode.Pop);
        }

        Define("MibcConfig", config);
        var dictionary = new InstructionEncoder(new BlobBuilder());
        foreach (var (assemblies, methods) in groups)
        {
            var group = new InstructionEncoder(new BlobBuilder());
            foreach (var method in methods)
            {
                group.OpCode(ILOpCode.Ldtoken);
                group.Token(method);
                group.LoadString(_metadata.GetOrAddUserString("ExclusiveWeight"));
                group.LoadConstantI4(1);
                group.OpCode(ILOpCode.Pop);
            }

            dictionary.LoadString(_metadata.GetOrAddUserString(assemblies));
            dictionary.OpCode(ILOpCode.Ldtoken);
            dictionary.Token(Define($"Assemblies_{assemblies}", group));
            dictionary.OpCode(ILOpCode.Pop);
        }

        Define("AssemblyDictionary", dictionary);
        var image = new ManagedPEBuilder(
            new PEHeaderBuilder(imageCharacteristics: Characteristics.ExecutableImage | Characteristics.Dll), new MetadataRootBuilder(_metadata),
            _code, deterministicIdProvider: content => new BlobContentId(new Guid("6a0b7f3c-6f7c-4f56-9a43-8d7f6f0b3c51"), 0x31303030));
        var bytes = new BlobBuilder();
        image.Serialize(bytes);
        File.WriteAllBytes(path, bytes.ToArray());
    }

    private AssemblyReferenceHandle Assembly(string name)
    {
        if (!_assemblies.TryGetValue(name, out var handle))
        {
            _assemblies[name] = handle = _metadata.AddAssemblyReference(
                _metadata.GetOrAddString(name), new Version(0, 0, 65535, 65535), default, default, 0, default);
        }

        return handle;
    }

    private EntityHandle Reference(EntityHandle scope, string space, string name)
    {
        if (!_types.TryGetValue((scope, space, name), out var handle))
        {
            _types[(scope, space, name)] = handle = _metadata.AddTypeReference(
                scope, space.Length == 0 ? default : _metadata.GetOrAddString(space), _metadata.GetOrAddString(name));
        }

        return handle;
    }

    private MethodDefinitionHandle Define(string name, InstructionEncoder code)
    {
        code.OpCode(ILOpCode.Ret);
        return _metadata.AddMethodDefinition(
            MethodAttributes.Public | MethodAttributes.Static, MethodImplAttributes.IL, _metadata.GetOrAddString(name), _signature,
            _bodies.AddMethodBody(code), MetadataTokens.ParameterHandle(1));
    }
}
