using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Turnpike.Contracts.V1;

namespace Turnpike.ControlPlane.Realms;

internal sealed partial class RealmApi
{
    public override Task<AddSecretResponse> AddSecret(AddSecretRequest request, ServerCallContext context) => secrets.AddAsync(request);

    public override Task<Secret> RetireSecret(RetireSecretRequest request, ServerCallContext context) => secrets.RetireAsync(request);

    public override Task<ListUsersResponse> ListUsers(ListUsersRequest request, ServerCallContext context) => users.ListAsync(request);

    public override Task<User> PutUser(PutUserRequest request, ServerCallContext context) => users.PutAsync(request);

    public override async Task<Empty> DeleteUser(DeleteUserRequest request, ServerCallContext context)
    {
        await users.DeleteAsync(request.Name);
        return new Empty();
    }
}
