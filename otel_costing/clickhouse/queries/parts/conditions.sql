toString({where_1:Identifier}) = {value_1:String}
AND toString({where_2:Identifier}) = {value_2:String}
AND toString({where_3:Identifier}) = {value_3:String}
AND toString({where_4:Identifier}) = {value_4:String}
AND toString({where_5:Identifier}) = {value_5:String}
AND toString({where_6:Identifier}) = {value_6:String}
