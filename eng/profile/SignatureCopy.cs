using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace Casemate.Profile;

/// <summary>Writes signatures of one assembly with the tokens of the profile.</summary>
internal sealed class SignatureCopy(ProfileMetadata target, string assembly) : ISignatureTypeProvider<byte[], object?>
{
    public byte[] Method(MetadataReader metadata, MethodDefinition method)
    {
        var signature = method.DecodeSignature(this, null);
        var bytes = new BlobBuilder();
        bytes.WriteByte(signature.Header.RawValue);
        if (signature.Header.IsGeneric)
        {
            bytes.WriteCompressedInteger(signature.GenericParameterCount);
        }

        bytes.WriteCompressedInteger(signature.ParameterTypes.Length);
        bytes.WriteBytes(signature.ReturnType);
        foreach (var parameter in signature.ParameterTypes)
        {
            bytes.WriteBytes(parameter);
        }

        return bytes.ToArray();
    }

    public byte[] GetPrimitiveType(PrimitiveTypeCode typeCode) => [(byte)typeCode];

    public byte[] GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) =>
        Typed(rawTypeKind is 0 ? (byte)SignatureTypeKind.Class : rawTypeKind, target.Reference(assembly, reader, handle));

    public byte[] GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) =>
        Typed(rawTypeKind is 0 ? (byte)SignatureTypeKind.Class : rawTypeKind, target.Reference(reader, handle));

    public byte[] GetTypeFromSpecification(
        MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
        reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

    public byte[] GetSZArrayType(byte[] elementType) => [(byte)SignatureTypeCode.SZArray, .. elementType];

    public byte[] GetByReferenceType(byte[] elementType) => [(byte)SignatureTypeCode.ByReference, .. elementType];

    public byte[] GetPointerType(byte[] elementType) => [(byte)SignatureTypeCode.Pointer, .. elementType];

    public byte[] GetGenericTypeParameter(object? genericContext, int index) => [(byte)SignatureTypeCode.GenericTypeParameter, (byte)index];

    public byte[] GetGenericMethodParameter(object? genericContext, int index) =>
        [(byte)SignatureTypeCode.GenericMethodParameter, (byte)index];

    public byte[] GetGenericInstantiation(byte[] genericType, ImmutableArray<byte[]> typeArguments) =>
        [(byte)SignatureTypeCode.GenericTypeInstance, .. genericType, (byte)typeArguments.Length, .. typeArguments.SelectMany(a => a)];

    // A modifier's own bytes begin with the kind of type, which has no place there.
    public byte[] GetModifiedType(byte[] modifier, byte[] unmodifiedType, bool isRequired) =>
        [(byte)(isRequired ? SignatureTypeCode.RequiredModifier : SignatureTypeCode.OptionalModifier), .. modifier.AsSpan(1), .. unmodifiedType];

    public byte[] GetPinnedType(byte[] elementType) => throw new NotSupportedException();

    public byte[] GetArrayType(byte[] elementType, ArrayShape shape) => throw new NotSupportedException();

    public byte[] GetFunctionPointerType(MethodSignature<byte[]> signature) => throw new NotSupportedException();

    /// <summary>A class or value type in a signature.</summary>
    public static byte[] Typed(byte kind, EntityHandle type)
    {
        var bytes = new BlobBuilder();
        bytes.WriteByte(kind);
        bytes.WriteCompressedInteger(CodedIndex.TypeDefOrRefOrSpec(type));
        return bytes.ToArray();
    }
}
