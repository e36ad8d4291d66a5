{dim_1:Identifier} AS dim_1,
{dim_2:Identifier} AS dim_2,
{dim_3:Identifier} AS dim_3,
{dim_4:Identifier} AS dim_4,
{dim_5:Identifier} AS dim_5,
{dim_6:Identifier} AS dim_6
